// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Substitution, substitute, TemplateError } from './template.ts';

function fill(text: string, values: Readonly<Record<string, string>>, budget = 100_000) {
  const asked: string[] = [];
  const unset: string[] = [];
  const substitution: Substitution = {
    lookup(name) {
      asked.push(name);
      return Object.hasOwn(values, name) ? values[name] : undefined;
    },
    unset: (name) => unset.push(name),
    budget,
  };
  return { result: substitute(text, substitution), asked, unset };
}

const VALUES = { A: '1', E: '', S: 'x y' };

describe('substitution, as Compose 2.40 does it', () => {
  test.each([
    ['plain', 'plain'],
    ['$A', '1'],
    ['${A}', '1'],
    ['$A$S', '1x y'],
    ['${U}', ''],
    ['$$A', '$A'],
    ['$$$A', '$1'],
    ['a$2b', 'a$2b'],
    ['a$', 'a$'],
    ['$ x', '$ x'],
    ['${U:-d}', 'd'],
    ['${E:-d}', 'd'],
    ['${E-d}', ''],
    ['${U-d}', 'd'],
    ['${A:-d}', '1'],
    ['${U:-}', ''],
    ['${A:+x$A}', 'x1'],
    ['${E:+x}', ''],
    ['${E+x}', 'x'],
    ['${U+x}', ''],
    ['${A:?m}', '1'],
    ['${E?m}', ''],
    ['${U:-a}b}', 'ab}'],
    ['${U:-$$x}', '$x'],
    ['${U:-{x}}', '{x}'],
    ['${A:-b?c}', '1'],
    ['${U-b:-c}', 'b:-c'],
    ['${U:-${V:-${W:-z}}}y${A}', 'zy1'],
    ['${U:-$2y$05}', '$2y$05'],
    ['${a-b}', 'b'],
    ['$(cmd) `cmd`', '$(cmd) `cmd`'],
  ])('%j is %j', (text, expected) => {
    expect(fill(text, VALUES).result).toBe(expected);
  });

  test.each([
    ['${A', '${ without }'],
    ['${}', 'names no variable'],
    ['${1}', 'names no variable'],
    ['${ A}', 'names no variable'],
    ['${A }', 'unknown operator'],
    ['${A!x}', 'unknown operator'],
    ['${A:x}', 'unknown operator'],
    ['${U:?m}', 'the required variable U is not set: m'],
    ['${E:?m $A}', 'the required variable E is not set: m 1'],
    ['${U?}', 'the required variable U is not set'],
    ['${U:-${V}', '${ without }'],
    ['${U:-'.repeat(40) + '}'.repeat(40), 'nested deeper'],
  ])('%j is refused', (text, message) => {
    expect(() => fill(text, VALUES)).toThrow(TemplateError);
    expect(() => fill(text, VALUES)).toThrow(message);
  });

  test('a variable without a value and without a default is told', () => {
    expect(fill('$U ${V} ${W:-x} ${X:+y}', {}).unset).toEqual(['U', 'V']);
  });

  test('values are not substituted again', () => {
    expect(fill('$A', { A: '${B}', B: 'no' }).result).toBe('${B}');
  });

  test('values cannot grow without end', () => {
    const big = 'x'.repeat(1_000);
    expect(() => fill('$A'.repeat(101), { A: big })).toThrow('grow too large');
  });
});

describe('laws', () => {
  const names = fc.constantFrom('A', 'B', 'PATH', 'HOME', 'SKEP_TOKEN', '_x1');
  const piece = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom('$', '${', '}', ':-', '-', ':?', '?', ':+', '+', '$$', '{'),
    names,
    names.map((name) => `\${${name}}`),
    names.map((name) => `$${name}`),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(''));

  test('nothing but the given values and the text itself is ever read', () => {
    process.env['SKEP_TEST_CANARY'] = 'canary-in-the-environment';
    fc.assert(
      fc.property(text, (template) => {
        const hostile = `${template}\${SKEP_TEST_CANARY}$SKEP_TEST_CANARY\${HOME:-}$PATH`;
        try {
          const { result } = fill(hostile, { A: 'value' });
          expect(result).not.toContain('canary-in-the-environment');
          expect(result).not.toContain(process.env['PATH'] ?? '/usr/bin');
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
    );
    delete process.env['SKEP_TEST_CANARY'];
  });

  test('text without a dollar stays as it is', () => {
    fc.assert(
      fc.property(fc.string(), (any) => {
        const plain = any.replaceAll('$', '');
        expect(fill(plain, VALUES).result).toBe(plain);
      }),
    );
  });

  test('doubled dollars come out single, whatever is around them', () => {
    fc.assert(
      fc.property(fc.string(), (any) => {
        expect(fill(any.replaceAll('$', '$$$$'), {}).result).toBe(any);
      }),
    );
  });

  test('long hostile text takes no long time', () => {
    const start = performance.now();
    for (const hostile of ['${'.repeat(50_000), '$'.repeat(100_000), '${A:-'.repeat(30_000)]) {
      try {
        fill(hostile, VALUES);
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError);
      }
    }
    expect(performance.now() - start).toBeLessThan(500);
  });
});
