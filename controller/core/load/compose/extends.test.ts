import { describe, expect, it, test } from 'vitest';
import { type Files, mergeOf } from './testing/layers.ts';

const services = (files: Files) =>
  mergeOf(files) as { tree: { services: unknown }; issues: string[] };
const file = (text: string): Files => ({ '/p/compose.yaml': text });

describe('a service that extends another', () => {
  test.each<[what: string, base: string, own: string, expected: object]>([
    [
      'has what it does not say itself',
      'image: one',
      'hostname: h',
      { image: 'one', hostname: 'h' },
    ],
    ['has the last word', 'image: one', 'image: two', { image: 'two' }],
    ['adds to lists', 'cap_add: [A]', 'cap_add: [B]', { cap_add: ['A', 'B'] }],
    [
      'adds to mappings, however they are written',
      'environment: {A: 1, B: 1}',
      'environment: [B=2]',
      { environment: ['A=1', 'B=2'] },
    ],
    ['replaces a command', 'command: a', 'command: [b]', { command: ['b'] }],
    [
      'takes back what it resets',
      'ports: ["80"]\nimage: one',
      'ports: !reset []',
      { image: 'one' },
    ],
    ['keeps only what it overrides with', 'dns: [a, b]', 'dns: !override [c]', { dns: ['c'] }],
  ])('%s', (_what, base, own, expected) => {
    const indented = (text: string) => text.replaceAll('\n', '\n    ');
    const { tree, issues } = services(
      file(
        `services:\n  base:\n    ${indented(base)}\n  web:\n    extends: base\n    ${indented(own)}\n`,
      ),
    );
    expect(issues).toEqual([]);
    const { web } = tree.services as { web: object };
    expect(normal(web)).toEqual(normal(expected));
  });

  /** Pairs stand as a list or as a mapping: both say the same here. */
  function normal(service: object) {
    const { environment, ...rest } = service as { environment?: unknown };
    if (environment === undefined) return rest;
    const pairs = Array.isArray(environment)
      ? environment.map(String)
      : Object.entries(environment as object).map(([key, value]) => `${key}=${value}`);
    return { ...rest, environment: pairs.sort() };
  }

  it('follows a chain through files, and reads paths from where they stand', () => {
    const { tree, issues } = services({
      '/p/compose.yaml': 'services: {web: {extends: {file: sub/a.yaml, service: a}}}\n',
      '/p/sub/a.yaml':
        'services: {a: {extends: {file: deep/b.yaml, service: b}, volumes: ["./a:/a"]}}\n',
      '/p/sub/deep/b.yaml': 'services: {b: {image: b, env_file: b.env, volumes: ["../b:/b"]}}\n',
    });
    expect(issues).toEqual([]);
    expect(tree.services).toEqual({
      web: {
        image: 'b',
        env_file: './sub/deep/b.env',
        volumes: ['./sub/b:/b', './sub/a:/a'],
      },
    });
  });

  it('may extend one that is declared later, which stays as it is', () => {
    const { tree } = services(
      file('services: {web: {extends: {service: base}, tty: true}, base: {image: a}}\n'),
    );
    expect(tree.services).toEqual({ web: { image: 'a', tty: true }, base: { image: 'a' } });
  });

  test.each<[what: string, files: Files, issue: string]>([
    [
      'is not there, with the nearest name',
      file('services: {web: {extends: bsae}, base: {image: a}}\n'),
      'compose.yaml:1:27 E_REFERENCE_UNKNOWN services.web.extends',
    ],
    [
      'is itself, by a detour',
      file('services: {a: {extends: b, image: a}, b: {extends: a, image: b}}\n'),
      'E_DEPENDENCY_CYCLE services.a.extends: extends itself: a -> b -> a',
    ],
    [
      'is in a file that is not there',
      file('services: {web: {extends: {file: none.yaml, service: a}}}\n'),
      'E_FILE_MISSING services.web.extends.file',
    ],
    [
      'is in a file without services',
      {
        ...file('services: {web: {extends: {file: b.yaml, service: a}}}\n'),
        '/p/b.yaml': 'name: x\n',
      },
      'E_REFERENCE_UNKNOWN services.web.extends.file',
    ],
    [
      'has no name',
      file('services: {web: {extends: {file: compose.yaml}}}\n'),
      'E_FIELD_MISSING services.web.extends',
    ],
  ])('is refused where that %s', (_what, files, issue) => {
    expect(mergeOf(files).issues.join('\n')).toContain(issue);
  });
});
