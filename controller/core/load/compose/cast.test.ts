import { describe, expect, test } from 'vitest';
import { mergeOf } from './testing/layers.ts';

/** What a text, filled from a variable, becomes under a key of a service. */
function cast(key: string, text: string) {
  const file = `services:\n  a:\n    image: a\n    ${key.replace('X', '"$X"')}\n`;
  const { tree, issues } = mergeOf({ '/p/compose.yaml': file }, { values: { X: text } });
  const { services } = tree as { services: { a: Record<string, unknown> } };
  return { service: services.a, issues };
}

describe('a text becomes what Compose wants there', () => {
  test.each<[key: string, text: string, expected: object]>([
    ['scale: X', '3', { scale: 3 }],
    ['cpus: X', '1.5', { cpus: 1.5 }],
    ['cpus: X', '.5', { cpus: 0.5 }],
    ['cpus: X', '1e1', { cpus: 10 }],
    ['tty: X', 'true', { tty: true }],
    ['tty: X', 'Yes', { tty: true }],
    ['tty: X', 'on', { tty: true }],
    ['init: X', 'N', { init: false }],
    ['init: X', 'OFF', { init: false }],
    ['deploy: {replicas: X}', '2', { deploy: { replicas: 2 } }],
    ['healthcheck: {retries: X}', '4', { healthcheck: { retries: 4 } }],
    ['ports: [{target: X}]', '80', { ports: [{ target: 80 }] }],
    ['ulimits: {nofile: X}', '10', { ulimits: { nofile: 10 } }],
    ['ulimits: {nofile: {soft: X, hard: 2}}', '1', { ulimits: { nofile: { soft: 1, hard: 2 } } }],
    [
      'volumes: [{type: volume, target: /x, read_only: X}]',
      'y',
      { volumes: [{ type: 'volume', target: '/x', read_only: true }] },
    ],
    // Elsewhere it stays a text.
    ['hostname: X', '80', { hostname: '80' }],
    ['environment: {A: X}', 'true', { environment: { A: 'true' } }],
  ])('%s of %j', (key, text, expected) => {
    const { service, issues } = cast(key, text);
    expect(issues).toEqual([]);
    expect(service).toMatchObject(expected);
  });

  test.each([
    ['scale: X', '1.5', 'a whole number'],
    ['scale: X', 'two', 'a whole number'],
    ['scale: X', '', 'a whole number'],
    ['scale: X', '99999999999999999999', 'a whole number'],
    ['cpus: X', '1,5', 'a number'],
    ['cpus: X', '0x10', 'a number'],
    ['tty: X', '1', 'true or false'],
    ['tty: X', 'maybe', 'true or false'],
  ])('or is refused: %s of %j', (key, text, wanted) => {
    expect(cast(key, text).issues.join()).toContain(
      `must be ${wanted}, not ${JSON.stringify(text)}`,
    );
  });
});
