// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { describe, expect, test } from 'vitest';
import { parseDotenv } from './dotenv.ts';

const parse = (text: string, outer: Readonly<Record<string, string>> = {}) =>
  parseDotenv(text, (name) => outer[name]);
const values = (text: string, outer?: Readonly<Record<string, string>>) =>
  Object.fromEntries(parse(text, outer).values);

describe('a .env file, as Compose 2.40 reads it', () => {
  test.each([
    ['A=1\nB=${A}2\n', { A: '1', B: '12' }],
    ['A="x\\ny"', { A: 'x\ny' }],
    ["A='x\\ny'", { A: 'x\\ny' }],
    ['A="a\nb"\nB=2', { A: 'a\nb', B: '2' }],
    ['A=a # c', { A: 'a' }],
    ['A=a#c', { A: 'a#c' }],
    ['A= #c', { A: '#c' }],
    ['A=#c', { A: '#c' }],
    ['A="q" # c', { A: 'q' }],
    ['A="a\\"b"', { A: 'a"b' }],
    ["A='a\\'b'", { A: "a'b" }],
    ['export A=1', { A: '1' }],
    ['exported=1', { exported: '1' }],
    ['A: yaml', { A: 'yaml' }],
    ['A=', { A: '' }],
    ['A=  sp  ', { A: 'sp' }],
    ['A.B-c[0]=1', { 'A.B-c[0]': '1' }],
    ['1A=1', { '1A': '1' }],
    ['A=$$B', { A: '$B' }],
    ['A=${U:-d}', { A: 'd' }],
    ["A='${U:-d}'", { A: '${U:-d}' }],
    ['A="\\$x"', { A: '$x' }],
    ['A=\\$x', { A: '\\' }],
    ['A="\\t\\a\\b\\f\\v\\r\\\\"', { A: '\t\x07\b\f\v\r\\' }],
    ['A="\\0101\\q"', { A: 'A\\q' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['# c\n\nA=1', { A: '1' }],
    ['A=x=y', { A: 'x=y' }],
    ['A=1\nA=2', { A: '2' }],
    ['A="multi\nline\n# not a comment\n"\nB=3', { A: 'multi\nline\n# not a comment\n', B: '3' }],
    ['É=1', { É: '1' }],
    ['A=1\n\n  \nB=$A$A', { A: '1', B: '11' }],
  ])('%j', (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  test('a name alone takes its value from outside, or is left out', () => {
    expect(values('A\nB\n', { A: 'outer' })).toEqual({ A: 'outer' });
  });

  test('a value without a name is one of the empty name, as it is to Compose', () => {
    expect(values('A=1\n= x\n')).toEqual({ A: '1', '': 'x' });
  });

  test('what files before it say is known in values, after what it says itself', () => {
    const earlier = new Map([
      ['T', 'before'],
      ['U', 'before'],
    ]);
    const { values: found } = parseDotenv('T=own\nV=$T $U\n', () => undefined, { earlier });
    expect(Object.fromEntries(found)).toEqual({ T: 'own', V: 'own before' });
  });

  test('inside values the outside has the last word', () => {
    expect(values('A=1\nB=$A\n', { A: 'outer' })).toEqual({ A: '1', B: 'outer' });
  });

  test.each([
    ['A=1\nB C=2', 4, 'has a blank in it'],
    ['A="open', 0, 'without its closing quote'],
    ["A=1\n\nB='open\\'", 5, 'without its closing quote'],
    ['A!=1', 0, 'unexpected "!"'],
    ['A=${', 0, '${ without }'],
    ['A=${U?no}', 0, 'U is not set'],
    ['__proto__=1', 0, 'not allowed'],
    ['constructor', 0, 'not allowed'],
  ])('%j is refused at its place', (text, at, message) => {
    const { faults } = parse(text);
    expect(faults[0]?.at).toBe(at);
    expect(faults[0]?.message).toContain(message);
  });

  test('values that double each time are stopped', () => {
    const lines = Array.from({ length: 60 }, (_, n) => `A${n + 1}=$A${n}$A${n}`);
    const { faults } = parse(`A0=xxxxxxxx\n${lines.join('\n')}`);
    expect(faults[0]?.message).toContain('grow too large');
  });
});
