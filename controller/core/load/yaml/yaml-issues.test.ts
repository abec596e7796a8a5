import { describe, expect, test } from 'vitest';
import { loadFiles, manifest, said } from '../testing/repository.ts';

const host = (spec: string) => manifest('Host', 'web-01', spec);
const bytes = (...numbers: number[]) => Uint8Array.from(numbers);

describe('what is wrong with a YAML file, said at its place with what to do', () => {
  test.each<[when: string, text: string | Uint8Array, says: readonly string[]]>([
    [
      'an alias of nothing',
      'a: *x\n',
      [
        'a.yaml:1:4: E_YAML_ALIAS: the alias *x names no anchor before it (put it in quotes if a text is meant)',
      ],
    ],
    [
      'too many aliases',
      `a: &x [1]\nb:\n${'  - *x\n'.repeat(501)}`,
      [
        'a.yaml:503:5: E_YAML_ALIAS: more than 500 aliases in one file (split the file, or name it in .skepignore if it is not for skep)',
      ],
    ],
    [
      'too many aliases for a manifest',
      host(`labels:\n  a: &a b\n${Array.from({ length: 21 }, (_, n) => `  l${n}: *a`).join('\n')}`),
      ['a.yaml:1:1: E_YAML_ALIAS: 21 aliases; a manifest file may have 20 (write the values out)'],
    ],
    [
      'nested too deeply',
      '['.repeat(70),
      [
        'a.yaml:1:65: E_YAML_DEPTH: nested deeper than 64 levels (split the file, or name it in .skepignore if it is not for skep)',
      ],
    ],
    [
      'a directive',
      '%YAML 1.1\n---\na: 1\n',
      [
        'a.yaml:1:1: E_YAML_DIRECTIVE: the directive %YAML 1.1 is not allowed (remove the line: YAML 1.2 is what is read)',
      ],
    ],
    [
      'a key twice',
      'spec:\n  privileged: false\n  privileged: true\n',
      [
        'a.yaml:3:3: E_YAML_DUPLICATE_KEY: the key "privileged" stands here for the second time, first in line 2 (remove one of the two)',
      ],
    ],
    [
      'a NUL',
      'a: \0\n',
      [
        'a.yaml:1:4: E_YAML_ENCODING: the character U+0000 is not allowed (save the file as UTF-8 with LF line ends)',
      ],
    ],
    [
      'a byte order mark',
      `\uFEFF${host('')}`,
      [
        'a.yaml:1:1: E_YAML_ENCODING: a byte order mark (save the file as UTF-8 without a byte order mark)',
      ],
    ],
    [
      'UTF-16',
      bytes(0xff, 0xfe, 0x61, 0),
      [
        'a.yaml:1:1: E_YAML_ENCODING: the file is UTF-16 (save the file as UTF-8 with LF line ends)',
      ],
    ],
    [
      'not UTF-8',
      bytes(0x61, 0x3a, 0x20, 0xc3, 0x28),
      ['a.yaml:1:4: E_YAML_ENCODING: not valid UTF-8 (save the file as UTF-8 with LF line ends)'],
    ],
    [
      'a lone carriage return',
      'a: 1\rb: 2\n',
      [
        'a.yaml:1:5: E_YAML_ENCODING: a lone carriage return is not allowed (save the file as UTF-8 with LF line ends)',
      ],
    ],
    [
      'keys of every object',
      'a:\n  __proto__: 1\n',
      ['a.yaml:2:3: E_YAML_KEY: the key "__proto__" is not allowed (choose another name)'],
    ],
    [
      'a key that is a list',
      '? [a]\n: b\n',
      [
        'a.yaml:1:3: E_YAML_KEY: a key must be a simple text (put it in quotes if it begins with { or [)',
      ],
    ],
    [
      'a template',
      'name: {{ name }}\n',
      [
        'a.yaml:1:8: E_YAML_KEY: a key must be a simple text (put it in quotes if it begins with { or [)',
      ],
    ],
    [
      'a merge key in a manifest',
      host('labels:\n  <<: {a: b}'),
      [
        'a.yaml:7:5: E_TYPE spec.labels["<<"]: must be a text or a number or true or false, not a mapping',
        'a.yaml:7:5: E_YAML_MERGE: merge keys (<<) are for Compose files, not for manifests (write the keys out)',
      ],
    ],
    [
      'too many values',
      `[${'a,'.repeat(50_001)}]\n`,
      [
        'a.yaml:1:100000: E_YAML_SIZE: more than 50000 values in one file, aliases expanded (split the file, or name it in .skepignore if it is not for skep)',
      ],
    ],
    [
      'too many documents',
      '---\na: 1\n'.repeat(1_001),
      [
        'a.yaml:2001:1: E_YAML_SIZE: more than 1000 documents in one file (split the file, or name it in .skepignore if it is not for skep)',
      ],
    ],
    [
      'too large',
      `a: ${'x'.repeat(256 * 1024)}\n`,
      [
        'a.yaml:0:0: E_YAML_SIZE: 262148 bytes; 256 KiB are allowed (split the file, or name it in .skepignore if it is not for skep)',
      ],
    ],
    [
      'a list without an end',
      'a: [1, 2\n',
      [
        'a.yaml:2:1: E_YAML_SYNTAX: Flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
    [
      'a colon too many',
      'a: b: c\n',
      ['a.yaml:1:4: E_YAML_SYNTAX: Nested mappings are not allowed in compact mappings'],
    ],
    ['a tab', 'a:\n\t- b\n', ['a.yaml:2:1: E_YAML_SYNTAX: Tabs are not allowed as indentation']],
    [
      'a list and a mapping',
      '- a\nb: c\n',
      ['a.yaml:2:1: E_YAML_SYNTAX: Unexpected scalar at node end'],
    ],
    [
      'a tag that makes code',
      'a: !!js/function x\n',
      [
        'a.yaml:1:18: E_YAML_TAG: the tag !!js/function is not allowed (remove it, or put the value in quotes if a text is meant)',
      ],
    ],
    [
      'a tag of Compose in a manifest',
      host('labels: {a: !reset null}'),
      [
        'a.yaml:6:22: E_TYPE spec.labels.a: must be a text or a number or true or false, not empty',
        'a.yaml:6:22: E_YAML_TAG: the tag !reset is not allowed (remove it, or put the value in quotes if a text is meant)',
      ],
    ],
  ])('%s', async (_when, text, says) => {
    expect(said(await loadFiles({ 'a.yaml': text }))).toEqual(says);
  });
});
