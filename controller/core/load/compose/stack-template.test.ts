// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { describe, expect, it, test } from 'vitest';
import { substituteStack } from './stack-template.ts';
import { TemplateError } from './template.ts';

const VALUES: Readonly<Record<string, string>> = { A: 'a', EMPTY: '', LONG: 'x'.repeat(100) };

function fill(text: string, unset: string[] = []): string {
  const lookup = (name: string) => VALUES[name];
  return substituteStack(text, { lookup, unset: (name) => unset.push(name), budget: 1000 });
}

describe('docker stack fills variables', () => {
  test.each([
    ['$A ${A}', 'a a'],
    ['$$A $$$A', '$A $a'],
    ['${EMPTY:-b} ${EMPTY-b} ${B-b}', 'b  b'],
    ['${A:?must} ${A?must}', 'a a'],
    // An operator needs no braces, and takes all as far as a closing one.
    ['$A-db', 'a'],
    ['$B-db:${A}', 'db:${A}'],
    ['http://$A:80/-/x', 'http://a:80/-/x'],
    // Neither defaults nor messages are filled themselves.
    ['${B:-$A}', '$A'],
    ['${B:-${A}}', '${A}'],
    // The first operator of the list counts, not the first of the text.
    ['${B?a:-b}', 'b'],
  ])('%j -> %j', (text, filled) => {
    expect(fill(text)).toBe(filled);
  });

  it('and makes nothing of one that is not set, and says so', () => {
    const unset: string[] = [];
    expect(fill('<$B>', unset)).toBe('<>');
    expect(unset).toEqual(['B']);
  });

  test.each([['$'], ['a $ b'], ['${}'], ['$1'], ['${B:?must be set}'], ['${EMPTY:?}'], ['${B?}']])(
    'and refuses %j',
    (text) => {
      expect(() => fill(text)).toThrow(TemplateError);
    },
  );

  it('within a budget', () => {
    expect(() => fill('$LONG'.repeat(20))).toThrow(TemplateError);
  });

  it('as often as Compose does, and no more', () => {
    expect(fill('${A}'.repeat(900))).toBe('a'.repeat(900));
    expect(() => fill('$$'.repeat(3_000))).toThrow(/more than 2000 variables/);
  });

  test.each([['${a-'], ['${a'], ['$$${'], ['${A-}${']])(
    'in a short time whatever %j is meant to be',
    (part) => {
      const start = process.threadCpuUsage().user;
      expect(() => fill(part.repeat(64_000))).toThrow(TemplateError);
      expect(process.threadCpuUsage().user - start).toBeLessThan(1_000_000);
    },
  );
});
