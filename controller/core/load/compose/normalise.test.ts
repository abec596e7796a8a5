import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadCompose } from './load-compose.ts';
import { normalise } from './normalise.ts';
import { Reading } from './reading.ts';
import { plain } from './to-model.ts';

const FILES: Readonly<Record<string, string>> = { '/p/a.env': 'A=1\nB=$A\n', '/p/l': 'L=1\n' };
const name = fc.constantFrom('a', 'b', 'c');
const names = fc.uniqueArray(name, { maxLength: 3 });

const service = fc.record(
  {
    image: fc.constantFrom('one', 'two:1'),
    command: fc.oneof(fc.constant('run "a b"'), fc.constant(['run']), fc.constant(null)),
    environment: fc.oneof(
      fc.dictionary(fc.constantFrom('A', 'B', 'C'), fc.constantFrom('x', '', null)),
      fc.constant(['A=y', 'D']),
    ),
    env_file: fc.constantFrom('a.env', ['a.env']),
    label_file: fc.constant('l'),
    labels: fc.constantFrom({ x: 'y' }, ['x=y', 'z']),
    networks: fc.oneof(names, fc.constant({ a: null, b: { aliases: ['x'] } })),
    volumes: fc.subarray(['a:/a', './b:/b:ro', '/c', 'b:/d:nocopy']),
    ports: fc.subarray(['80', '81:81/udp', '127.0.0.1:82:82', '90-91:90-91']),
    depends_on: fc.oneof(fc.constant(['z']), fc.constant({ z: { condition: 'service_healthy' } })),
    configs: fc.constantFrom(['c'], [{ source: 'c', target: '/c', mode: 0o440 }]),
    secrets: fc.constant(['s']),
    scale: fc.integer({ min: 0, max: 3 }),
    deploy: fc.record({ labels: fc.constant({ d: '1' }), resources: fc.constant({}) }),
    pull_policy: fc.constantFrom('always', 'if_not_present'),
    // An empty one is the exception: Compose prints it as nothing, which is no network mode.
    network_mode: fc.constant('host'),
    stop_grace_period: fc.constantFrom('90s', '1m30s'),
    shm_size: fc.constantFrom('64m', 1024),
    ulimits: fc.constantFrom({ nofile: 5 }, { nofile: { soft: 1, hard: 2 } }),
  },
  { requiredKeys: ['image'] },
);

const file = fc.dictionary(fc.constantFrom('x', 'y'), service).map((services) => ({
  services: { z: { image: 'z' }, ...services },
  networks: { a: {}, b: { external: true }, c: { name: 'n' } },
  volumes: { a: null, b: { labels: ['k=v'] } },
  configs: { c: { content: 'c' } },
  secrets: { s: { file: './s' } },
}));

test('what is in normal form stays as it is', () => {
  fc.assert(
    fc.property(file, (text) => {
      const found: Readonly<Record<string, string>> = {
        ...FILES,
        '/p/compose.yaml': JSON.stringify(text),
      };
      const { tree, issues } = loadCompose({
        files: ['/p/compose.yaml'],
        projectDirectory: '/p',
        readFile(path) {
          const read = found[path];
          if (read === undefined) return { kind: 'missing' };
          return { kind: 'file', bytes: new TextEncoder().encode(read) };
        },
      });
      fc.pre(tree !== undefined && issues.every(({ severity }) => severity === 'warning'));
      if (!tree) return;
      const again = normalise(tree, {
        reading: new Reading(''),
        projectName: 'p',
        lookup: () => undefined,
        readEnvFile: () => ({ path: '', read: { kind: 'missing' } }),
      });
      expect(plain(again)).toEqual(plain(tree));
    }),
    { numRuns: 300 },
  );
});
