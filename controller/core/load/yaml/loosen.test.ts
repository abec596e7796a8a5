import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { YamlNode } from './node.ts';
import { type ParsedYaml, parseYaml } from './parse.ts';
import { placeOf } from './text.ts';

const parse = (text: string): ParsedYaml => parseYaml(new TextEncoder().encode(text));

function plain(node: YamlNode | undefined): unknown {
  if (node?.kind === 'map') {
    return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
  }
  return node?.kind === 'seq' ? node.items.map(plain) : node?.text;
}

describe('quotes and brackets over several lines, as Compose takes them', () => {
  test.each([
    ['a:\n  b: [\n c,\nd\n]\n  e: f\n', { a: { b: ['c', 'd'], e: 'f' } }],
    ['a:\n  b: {\nc: d, # }\n"e]": \'f\ng\'\n}\n', { a: { b: { c: 'd', 'e]': 'f g' } } }],
    ['a:\n  b: "c\nd\n\n  e"\n', { a: { b: 'c d\ne' } }],
    ["a:\n  b: 'it''s\nd'\n", { a: { b: "it's d" } }],
    ['a:\n  b: "\\"c\\\nd"\n', { a: { b: '"cd' } }],
    ['a:\n  - b: [\n  c]\n    d: e\n', { a: [{ b: ['c'], d: 'e' }] }],
    ['a:\n  - - [\nc]\n', { a: [[['c']]] }],
    ['a:\n  b: {\n\tc: d\n    }\n', { a: { b: { c: 'd' } } }],
    [
      'a:\n  s: |\n    "not\n    a quote\n\n  b: [\nc]\n',
      { a: { s: '"not\na quote\n', b: ['c'] } },
    ],
    ["a:\n  s: > # [\n    it's\n  b: &x [\nc]\n", { a: { s: "it's\n", b: ['c'] } }],
    ["a:\n  s: it's # don't\n  b: [c#d,\ne:f]\n", { a: { s: "it's", b: ['c#d', 'e:f'] } }],
    ['a:\n  b: !!seq [\nc]\n', { a: { b: ['c'] } }],
    ['a: "b"# c\n', { a: 'b' }],
  ])('%j', (text, expected) => {
    const yaml = parse(text);
    expect(yaml.faults).toEqual([]);
    expect(plain(yaml.documents[0]?.root)).toEqual(expected);
  });

  test('a place after such a line is that of the file as written', () => {
    const yaml = parse('a:\n  b: [\nc,\n  d\n]\n  e: f\n');
    const root = yaml.documents[0]?.root;
    const a = root?.kind === 'map' ? root.entries.get('a')?.value : undefined;
    const b = a?.kind === 'map' ? a.entries.get('b')?.value : undefined;
    const e = a?.kind === 'map' ? a.entries.get('e') : undefined;
    const places = (b?.kind === 'seq' ? b.items : []).map(({ at }) =>
      placeOf('', yaml.lineStarts, at),
    );
    expect(places).toMatchObject([
      { line: 3, column: 1 },
      { line: 4, column: 3 },
    ]);
    expect(placeOf('', yaml.lineStarts, e?.keyAt ?? 0)).toMatchObject({ line: 6, column: 3 });
  });

  test('a manifest may not be written so', () => {
    expect(parse('a:\n  b: [\nc]\n').strictFaults.map(({ code }) => code)).toEqual([
      'E_YAML_SYNTAX',
    ]);
  });

  test('and is told where', () => {
    const { strictFaults, lineStarts } = parse('a:\n  z: [\nx]\n  y: [\nx]\n  b: "c\nd"\n');
    const places = strictFaults.map(({ at }) => placeOf('', lineStarts, at));
    expect(places).toMatchObject([{ line: 3, column: 1 }]);
  });

  test('a file that lacks more blanks than it may be large is told as it was', () => {
    const start = process.threadCpuUsage().user;
    const yaml = parse(`${' '.repeat(130_000)}a: [\n${'b\n'.repeat(60_000)}]\n`);
    expect(yaml.faults.map(({ code }) => code)).toContain('E_YAML_SYNTAX');
    expect(yaml.documents).toEqual([]);
    expect(process.threadCpuUsage().user - start).toBeLessThan(5_000_000);
  });

  test('what is wrong in another way is told as it was', () => {
    const yaml = parse('a:\n  b: [\nc\nd: "\n');
    expect(yaml.documents).toEqual([]);
    expect(yaml.faults.length).toBeGreaterThan(0);
  });

  test('whatever stands there, it ends and takes no long time', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '|',
      '>',
      '#',
      '\t',
      '&x ',
      ',',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (parts) => {
        const yaml = parse(parts.join(''));
        expect(yaml.documents.length === 0 || yaml.faults.length === 0).toBe(true);
      }),
    );
  });
});

describe('tabs and empty documents', () => {
  test.each(['a:\n  b: c\n\t\n', 'a:\n  -\tb\n', '\t\na: b\n', 'a:\n  b: c\n  \t# d\n'])(
    '%j: a tab indents nothing',
    (text) => {
      expect(parse(text).faults.map(({ message }) => message)).toEqual([
        'Tabs are not allowed as indentation',
      ]);
    },
  );

  test.each(['a:\tb\n', 'a: b\t\n', 'a: b\t# c\n', 'a: [\n\t b ]\n'])(
    '%j: elsewhere it may stand',
    (text) => {
      expect(parse(text).faults).toEqual([]);
    },
  );

  test('a document without anything in it is told of', () => {
    const yaml = parse('a: b\n---\n');
    expect(yaml.documents).toHaveLength(1);
    expect(yaml.empty).toHaveLength(1);
  });
});
