import { describe, expect, it, test } from 'vitest';
import { mergeOf } from './testing/layers.ts';

/** A base file, what a later one says, and what is left. */
const merge = (base: string, over: string) =>
  mergeOf(
    { '/p/compose.yaml': base, '/p/over.yaml': over },
    { use: ['/p/compose.yaml', '/p/over.yaml'] },
  );

const BASE = `services:
  a: {image: a, ports: ["80"], environment: {A: 1, B: 2}, deploy: {labels: {x: y}, replicas: 2}}
  b: {image: b}
networks: {n: {}}
`;

describe('what a later file takes back', () => {
  test.each<[over: string, expected: object]>([
    ['services: {a: {ports: !reset []}}', { a: { ports: undefined } }],
    ['services: {a: {ports: !reset null}}', { a: { ports: undefined } }],
    ['services: {a: {ports: !override ["90"]}}', { a: { ports: ['90'] } }],
    ['services: {a: {environment: {A: !reset null}}}', { a: { environment: { B: 2 } } }],
    ['services: {a: {environment: !override {C: 3}}}', { a: { environment: { C: 3 } } }],
    ['services: {a: {deploy: {labels: !reset {}}}}', { a: { deploy: { replicas: 2 } } }],
    ['services: {b: !reset null}', { b: undefined }],
    ['services: {b: !override {image: c, tty: true}}', { b: { image: 'c', tty: true } }],
    // What is not there cannot be taken back.
    ['services: {b: {ports: !reset []}}', { b: { image: 'b' } }],
  ])('%s', (over, expected) => {
    const { tree, issues } = merge(BASE, `${over}\n`);
    expect(issues).toEqual([]);
    const { services } = tree as { services: Record<string, Record<string, unknown>> };
    for (const [name, members] of Object.entries(expected)) {
      if (members === undefined) expect(services).not.toHaveProperty(name);
      else
        for (const [key, value] of Object.entries(members)) {
          expect(services[name]?.[key], key).toEqual(value);
        }
    }
  });

  it('is gone in the whole of an object', () => {
    expect(merge(BASE, 'networks: !reset {}\n').tree).not.toHaveProperty('networks');
  });

  it('may be declared anew by a still later file', () => {
    const { tree } = mergeOf(
      {
        '/p/a.yaml': 'services: {a: {image: a, ports: ["80"]}}\n',
        '/p/b.yaml': 'services: {a: {ports: !reset []}}\n',
        '/p/c.yaml': 'services: {a: {ports: ["90"]}}\n',
      },
      { use: ['/p/a.yaml', '/p/b.yaml', '/p/c.yaml'] },
    );
    expect(tree).toEqual({ services: { a: { image: 'a', ports: ['90'] } } });
  });

  it('leaves no tag behind where there was nothing before', () => {
    const { tree, issues } = mergeOf({
      '/p/compose.yaml': 'services: {a: {image: a, ports: !override ["80"], dns: !reset [x]}}\n',
    });
    expect(issues).toEqual([]);
    expect(tree).toEqual({ services: { a: { image: 'a', ports: ['80'] } } });
  });
});
