import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderYaml } from './render-yaml.ts';

describe('YAML of plain data', () => {
  it('reads as people write it', () => {
    const text = renderYaml({
      image: 'nginx:1.27',
      empty: {},
      none: [],
      nothing: null,
      list: ['a b', { key: 'value', more: ['x'] }, []],
      sealed: 'line 1\nline 2\n',
    });
    expect(text).toBe(`image: nginx:1.27
empty: {}
none: []
nothing: null
list:
  - a b
  - key: value
    more:
      - x
  - []
sealed: |
  line 1
  line 2
`);
  });

  it.each([
    'yes',
    'NO',
    'true',
    'null',
    '1',
    '1.5',
    '.5',
    '0x1f',
    '1e3',
    '2024-01-01',
    '~',
    'on',
    'E-0',
    'e+1',
  ])('keeps %s a text', (text) => {
    expect(parse(renderYaml({ text }), { version: '1.1' })).toEqual({ text });
  });

  const word = fc.string({ unit: 'grapheme-ascii' });
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(word, fc.boolean(), fc.integer(), fc.constant(null), tie('list'), tie('map')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    map: fc.dictionary(
      word.filter((key) => key !== '__proto__'),
      tie('value'),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  }));

  it('is read back as what it was, whatever it is', () => {
    fc.assert(
      fc.property(plain.map, (value) => {
        fc.pre(Object.keys(value as object).length > 0);
        expect(parse(renderYaml(value))).toEqual(value);
        expect(parse(renderYaml(value), { version: '1.1' })).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });
});
