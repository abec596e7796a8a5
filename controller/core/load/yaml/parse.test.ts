import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { YAML_LIMITS } from './limits.ts';
import type { YamlNode } from './node.ts';
import { type ParsedYaml, parseYaml, parseYamlSliced } from './parse.ts';
import { placeOf } from './text.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): ParsedYaml => parseYaml(bytes(text));

/** `line:column CODE` of every fault. */
function faults(yaml: ParsedYaml): string[] {
  return yaml.faults.map(({ code, at }) => {
    const { line, column } = placeOf('', yaml.lineStarts, at);
    return `${line}:${column} ${code}`;
  });
}

function plain(node: YamlNode | undefined): unknown {
  if (node?.kind === 'map') {
    return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
  }
  return node?.kind === 'seq' ? node.items.map(plain) : node?.text;
}

/** Work, not waiting: the machine may be busy with something else. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

const root = (text: string): unknown => plain(parse(text).documents[0]?.root);

describe('parsing', () => {
  test.each([
    ['a: |\n  x', 'x'],
    ['a: |+\n  x', 'x'],
    ['a: >\n  x\n  y', 'x y'],
    ['a: |\n  x\n', 'x\n'],
    ['a: |\n  x\n  ', 'x\n'],
    ['a: |\n  x\n# end', 'x\n'],
  ])('ends no line of a block that the file does not end: %j', (text, value) => {
    expect(plain(parse(text).documents[0]?.root)).toEqual({ a: value });
  });

  test('keeps scalars as they are written, with their places', () => {
    const yaml = parse('a: 1.10\nb:\n  - "x\\ty"\n  - no\n');
    expect(plain(yaml.documents[0]?.root)).toEqual({ a: '1.10', b: ['x\ty', 'no'] });
    const map = yaml.documents[0]?.root;
    const b = map?.kind === 'map' ? map.entries.get('b') : undefined;
    expect(placeOf('f', yaml.lineStarts, b?.keyAt ?? -1)).toEqual({
      file: 'f',
      line: 2,
      column: 1,
    });
    const item = b?.value.kind === 'seq' ? b.value.items[1] : undefined;
    expect(placeOf('f', yaml.lineStarts, item?.at ?? -1)).toEqual({
      file: 'f',
      line: 4,
      column: 5,
    });
  });

  test('reads block scalars, folded ones, empty values, several documents and CRLF', () => {
    expect(root('a: |\n  x\n  y\nb: >\n  x\n  y\nc:\n')).toEqual({
      a: 'x\ny\n',
      b: 'x y\n',
      c: '',
    });
    expect(root('a: 1\r\nb: 2\r\n')).toEqual({ a: '1', b: '2' });
    expect(parse('a: 1\n---\nb: 2\n---\n# nothing\n').documents).toHaveLength(2);
    expect(root('- \n- a\n')).toEqual(['', 'a']);
  });

  test('an alias stands for its anchor, in values and in keys', () => {
    expect(root('a: &x {k: v}\nb: *x\n')).toEqual({ a: { k: 'v' }, b: { k: 'v' } });
    expect(root('a: &x k\n*x : v\n')).toEqual({ a: 'k', k: 'v' });
  });

  test('places count from the text after a byte order mark', () => {
    const yaml = parse('\uFEFFa: 1\n');
    expect(yaml.documents).toHaveLength(1);
    expect(yaml.strictFaults.map((fault) => fault.code)).toEqual(['E_YAML_ENCODING']);
  });
});

describe('what is refused, at its place', () => {
  test.each([
    ['a: [1, 2\n', ['2:1 E_YAML_SYNTAX']],
    ['a: 1\n b: 2\n', ['1:4 E_YAML_SYNTAX']],
    ['%YAML 1.1\n---\na: 1\n', ['1:1 E_YAML_DIRECTIVE']],
    ['%TAG ! tag:x,2000:\n---\na: 1\n', ['1:1 E_YAML_DIRECTIVE']],
    ['a: !!js/function "x"\n', ['1:18 E_YAML_TAG']],
    ['a: !!binary aGk=\n', ['1:13 E_YAML_TAG']],
    ['a: !foo 1\n', ['1:9 E_YAML_TAG']],
    ['a: ! 1\n', ['1:6 E_YAML_TAG']],
    ['!foo a: 1\n', ['1:6 E_YAML_TAG']],
    ['spec:\n  privileged: false\n  privileged: true\n', ['3:3 E_YAML_DUPLICATE_KEY']],
    ['{a: 1, "a": 2}\n', ['1:8 E_YAML_DUPLICATE_KEY']],
    ['a: *x\n', ['1:4 E_YAML_ALIAS']],
    ['a: &x [*x]\n', ['1:8 E_YAML_ALIAS']],
    ['__proto__: 1\n', ['1:1 E_YAML_KEY']],
    ['a:\n  constructor: {prototype: 1}\n', ['2:3 E_YAML_KEY']],
    ['a: [{toString: 1}]\n', ['1:6 E_YAML_KEY']],
    ['? [a]\n: 1\n', ['1:3 E_YAML_KEY']],
    ['? {a: b}\n: 1\n', ['1:3 E_YAML_KEY']],
    ['a: \0\n', ['1:4 E_YAML_ENCODING']],
    ['a: 1\rb: 2\n', ['1:5 E_YAML_ENCODING']],
    ['a: \u001b[31m\n', ['1:4 E_YAML_ENCODING']],
  ])('%j', (text, expected) => {
    const yaml = parse(text);
    expect(faults(yaml)).toEqual(expected);
    expect(yaml.documents).toEqual([]);
  });

  test('a duplicate key is said with both places', () => {
    const [fault] = parse('a: 1\nb: 2\na: 3\n').faults;
    expect(fault).toMatchObject({ at: 10, relatedAt: 0 });
  });

  test('keys of every object leave no trace', () => {
    parse('__proto__: {polluted: yes}\n');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each([
    ['UTF-16 little endian', [0xff, 0xfe, 0x61, 0x00]],
    ['UTF-16 big endian', [0xfe, 0xff, 0x00, 0x61]],
    ['invalid UTF-8', [0x61, 0x3a, 0x20, 0xc3, 0x28]],
    ['a lone surrogate', [0x61, 0x3a, 0x20, 0xed, 0xa0, 0x80]],
  ])('%s', (_what, content) => {
    expect(parseYaml(Uint8Array.from(content)).faults[0]?.code).toBe('E_YAML_ENCODING');
  });

  test('a replacement character that the author wrote is text like any other', () => {
    expect(root('a: \uFFFD\n')).toEqual({ a: '\uFFFD' });
  });
});

describe('size and depth', () => {
  const deep = (open: string, close: string, levels: number): string =>
    open.repeat(levels) + close.repeat(levels);

  test.each([
    ['flow lists', deep('[', ']', 1_500)],
    ['flow maps', deep('{a: ', '}', 1_500)],
    ['unclosed flow', '['.repeat(100_000)],
    ['dashes', `${'- '.repeat(1_500)}a\n`],
    ['indentation', Array.from({ length: 500 }, (_, n) => `${' '.repeat(n)}k:`).join('\n')],
    ['explicit keys', `${'? '.repeat(1_500)}a\n`],
    ['mixed', `${'- {a: ['.repeat(700)}`],
    ['dashes in flow', `a: [${'- '.repeat(10)}${'['.repeat(1_000)}`],
  ])('1,500 levels of %s, again and again', (_what, text) => {
    for (let poll = 0; poll < 20; poll++) expect(parse(text).faults[0]?.code).toBe('E_YAML_DEPTH');
  });

  test('nesting that people write is no depth', () => {
    const text = Array.from({ length: 40 }, (_, n) => `${' '.repeat(n)}k:`).join('\n');
    expect(parse(`${text} v\n`).faults).toEqual([]);
    expect(parse(`a: ${deep('[', ']', 60)}\n`).faults).toEqual([]);
    const long = Array.from({ length: 2_000 }, (_, n) => `k${n}:\n  - a: {b: [c]}\n`).join('');
    expect(parse(long).faults).toEqual([]);
    expect(parse(`a: |\n  ${'[{'.repeat(500)}\n`).faults).toEqual([]);
    expect(parse(`a: "${'[{'.repeat(500)}"\n# ${'['.repeat(500)}\n`).faults).toEqual([]);
  });

  test('an alias bomb costs nothing', () => {
    const levels = Array.from({ length: 9 }, (_, n) => {
      const inner = n === 0 ? '"lol"' : `*a${n - 1}`;
      return `a${n}: &a${n} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
    });
    const start = cpuMs();
    expect(parse(`${levels.join('\n')}\n`).faults.map((fault) => fault.code)).toContain(
      'E_YAML_ALIAS',
    );
    expect(cpuMs() - start).toBeLessThan(50);
  });

  test('500 aliases are read, 501 are not, and a manifest may have 20', () => {
    const text = (count: number) => `a: &x v\nb:\n${'  - *x\n'.repeat(count)}`;
    expect(parse(text(500)).faults).toEqual([]);
    expect(parse(text(501)).faults[0]?.code).toBe('E_YAML_ALIAS');
    expect(parse(text(20)).strictFaults).toEqual([]);
    expect(parse(text(21)).strictFaults[0]?.code).toBe('E_YAML_ALIAS');
  });

  test.each([
    ['50,000 keys', Array.from({ length: 50_000 }, (_, n) => `key${n}: v\n`).join('')],
    ['250,000 items', '- a\n'.repeat(250_000)],
    ['a scalar of 10 MB', `a: ${'x'.repeat(10_000_000)}\n`],
    ['330,000 comment lines', '#\n'.repeat(330_000)],
  ])('%s are too large, said at once', (_what, text) => {
    const content = bytes(text);
    const start = cpuMs();
    expect(parseYaml(content).faults[0]?.code).toBe('E_YAML_SIZE');
    expect(cpuMs() - start).toBeLessThan(100);
  });

  test('as many values as fit into a file are read, more than 50,000 are not', () => {
    const text = (count: number) => `[${'a,'.repeat(count)}]`;
    expect(parse(text(49_999)).faults).toEqual([]);
    expect(parse(text(50_001)).faults[0]?.code).toBe('E_YAML_SIZE');
  });

  test('keys are compared in linear time', () => {
    const text = Array.from({ length: 30_000 }, (_, n) => `${n.toString(36)}:\n`).join('');
    const start = cpuMs();
    parse(text);
    expect(cpuMs() - start).toBeLessThan(2_000);
  });

  test('1,000 documents are read, more are not', () => {
    expect(parse('---\na: 1\n'.repeat(YAML_LIMITS.documents)).documents).toHaveLength(1_000);
    expect(parse('---\na: 1\n'.repeat(1_001)).faults[0]?.code).toBe('E_YAML_SIZE');
  });

  test('a large file is parsed in many slices', () => {
    const text = Array.from({ length: 9_000 }, (_, n) => `k${n}: {a: [1, 2]}\n`).join('');
    let slices = 0;
    const steps = parseYamlSliced(bytes(text));
    while (!steps.next().done) slices += 1;
    expect(slices).toBeGreaterThan(20);
  });

  test('whatever the depth of nesting, nothing is thrown', () => {
    const opener = fc.constantFrom(
      '[',
      '{',
      '{a: ',
      '- ',
      '? ',
      '\n  ',
      'k:\n',
      ': ',
      '"',
      "'",
      '|\n',
    );
    fc.assert(
      fc.property(fc.array(opener, { maxLength: 400 }), fc.nat(200), (parts, times) => {
        const text = parts.join('') + parts.slice(0, 4).join('').repeat(times);
        expect(() => parse(text)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  test('whatever is read is at most as deep as allowed', () => {
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 8 },
        fc.constantFrom('a', 1, true, null),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        expect(parse(JSON.stringify(value)).faults).toEqual([]);
      }),
    );
  });
});

describe('what only Compose files may hold', () => {
  const strict = (text: string) => parse(text).documents[0]?.strictFaults.map((one) => one.code);

  test('merge keys and the tags of merging are kept apart', () => {
    expect(strict('a: &x {k: v}\nb: {<<: *x}\n')).toEqual(['E_YAML_MERGE']);
    expect(strict('a: !reset null\nb: !override [1]\n')).toEqual(['E_YAML_TAG', 'E_YAML_TAG']);
    expect(strict('a: !!str 1\nb: !!int "2"\n')).toEqual([]);
  });
});

test('whatever else goes wrong with a file is a fault of that file', () => {
  const broken = { length: 8 } as Uint8Array;
  const { documents, faults } = parseYaml(broken);
  expect(documents).toEqual([]);
  expect(faults).toMatchObject([
    { code: 'E_YAML_SYNTAX', at: 0, message: expect.stringContaining('cannot be read as YAML') },
  ]);
});
