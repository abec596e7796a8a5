import { describe, expect, it, test } from 'vitest';
import { parseYaml } from '../yaml/parse.ts';
import { adopt } from './adopt.ts';
import type { ComposeMap } from './node.ts';
import { Reading } from './reading.ts';
import { rebasePaths } from './rebase.ts';
import { plainOf } from './testing/layers.ts';

function rebased(text: string, folder: string): unknown {
  const { documents, lineStarts } = parseYaml(new TextEncoder().encode(text));
  const [document] = documents;
  if (!document) throw new Error('not parsed');
  const root = adopt(new Reading(''), document.root, { file: 'c.yaml', lineStarts }, '');
  return plainOf(rebasePaths(root as ComposeMap, folder));
}

const service = (text: string, folder = 'sub') =>
  (rebased(`services: {a: {${text}}}`, folder) as { services: { a: unknown } }).services.a;

describe('a file of another folder', () => {
  test.each<[written: string, expected: object]>([
    ['build: .', { build: './sub' }],
    ['build: ../x', { build: './x' }],
    [
      'build: {context: ./x, ssh: ["k=./k"]}',
      { build: { context: './sub/x', ssh: ['k=./sub/k'] } },
    ],
    [
      'build: {additional_contexts: {a: ./a, b: "https://x.org/y", c: "service:d"}}',
      { build: { additional_contexts: { a: './sub/a', b: 'https://x.org/y', c: 'service:d' } } },
    ],
    [
      'build: {additional_contexts: ["a=./a", "b=docker-image://b"]}',
      { build: { additional_contexts: ['a=./sub/a', 'b=docker-image://b'] } },
    ],
    ['build: "https://github.com/a/b.git"', { build: 'https://github.com/a/b.git' }],
    ['env_file: a.env', { env_file: './sub/a.env' }],
    [
      'env_file: [a.env, {path: b.env, required: false}]',
      { env_file: ['./sub/a.env', { path: './sub/b.env', required: false }] },
    ],
    ['label_file: [l]', { label_file: ['./sub/l'] }],
    ['extends: {file: x.yaml, service: s}', { extends: { file: './sub/x.yaml', service: 's' } }],
    ['develop: {watch: [{path: ./src}]}', { develop: { watch: [{ path: './sub/src' }] } }],
    [
      'volumes: ["./a:/a:ro", "a:/a", "/a:/a", "~/a:/a", "../a:/a"]',
      { volumes: ['./sub/a:/a:ro', 'a:/a', '/a:/a', '~/a:/a', './a:/a'] },
    ],
    [
      'volumes: [{type: bind, source: a, target: /a}, {type: volume, source: a, target: /a}]',
      {
        volumes: [
          { type: 'bind', source: './sub/a', target: '/a' },
          { type: 'volume', source: 'a', target: '/a' },
        ],
      },
    ],
  ])('has the paths of %j as they read from here', (written, expected) => {
    expect(service(written)).toEqual(expected);
  });

  test.each([
    ['configs: {c: {file: c}}', { configs: { c: { file: './sub/c' } } }],
    ['secrets: {s: {file: /s}}', { secrets: { s: { file: '/s' } } }],
    [
      'volumes: {v: {driver: local, driver_opts: {o: bind, device: ./d}}}',
      { volumes: { v: { driver: 'local', driver_opts: { o: 'bind', device: './sub/d' } } } },
    ],
    [
      'volumes: {v: {driver: nfs, driver_opts: {o: bind, device: ./d}}}',
      { volumes: { v: { driver: 'nfs', driver_opts: { o: 'bind', device: './d' } } } },
    ],
  ])('has those of objects too: %j', (text, expected) => {
    expect(rebased(text, 'sub')).toEqual(expected);
  });

  it('may lie above, below or in the same folder', () => {
    expect(service('env_file: a', '..')).toEqual({ env_file: '../a' });
    expect(service('env_file: ../a', 'x/y')).toEqual({ env_file: './x/a' });
    expect(service('env_file: a', '.')).toEqual({ env_file: 'a' });
    expect(service('env_file: a', '')).toEqual({ env_file: 'a' });
  });
});
