import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostOperation, ObservedContainer, Outcome } from '../schemas/domain/index.ts';
import { sha256, toAppId, toInstallationId } from '../schemas/domain/index.ts';
import {
  cleanText,
  decodeDelta,
  decodeManifest,
  decodeObjects,
  decodeOperation,
  decodeOutcome,
  decodeProgress,
  encodeDelta,
  encodeManifest,
  encodeObjects,
  encodeOperation,
  encodeOutcome,
  encodeProgress,
} from './codec.ts';
import { Delta, Objects } from './gen/skep/agent/v1/agent.ts';

const container: ObservedContainer = {
  id: 'c1',
  name: 'shop-web-1',
  owner: {
    installation: toInstallationId('0123456789abcdef'),
    app: toAppId('default', 'shop'),
    service: 'web',
    number: 1,
    specHash: 'v1:aa',
  },
  recorded: true,
  imageId: 'sha256:1',
  image: 'app:1',
  state: 'running',
  exitCode: -1,
  oomKilled: false,
  error: '',
  restartCount: 2,
  startedAt: '2026-01-01T00:00:00Z',
  health: 'starting',
  healthOutput: 'no',
  stopTimeoutS: 3,
  mutable: {
    nanoCpus: 5e8,
    memory: 2 ** 40,
    memoryReservation: 0,
    memorySwap: -1,
    pidsLimit: 100,
    cpuShares: 0,
    cpusetCpus: '0-1',
    restartPolicy: 'always',
    restartMaximum: 0,
  },
  networks: [{ name: 'n', id: 'n1', aliases: ['web'], address: '172.18.0.2' }],
  ports: [{ address: '0.0.0.0', port: 8080, protocol: 'tcp' }],
  sinceMs: 0,
};

const config = {
  salt: 's',
  fields: { 'environment.A': 'd1', image: 'd2' },
  implied: ['image'],
};
const foreign: ObservedContainer = {
  ...container,
  id: 'c2',
  adopted: true,
  config,
  compose: { project: 'p', service: 'web', number: 2, oneOff: true },
};

const objects = {
  containers: [container, foreign],
  networks: [
    { id: 'n1', name: 'n', driver: 'bridge', scope: 'local' },
    { id: 'n2', name: 'o', driver: 'bridge', scope: 'local', config, compose: { project: 'p' } },
  ],
  volumes: [
    { name: 'v', driver: 'local' },
    { name: 'w', driver: 'local', config, compose: { project: 'p' } },
  ],
  images: [{ id: 'i', tags: ['a:1'], digests: ['a@sha256:1'], os: 'linux', architecture: 'amd64' }],
};

describe('the codec', () => {
  it('gives back what was sent, through the bytes on the wire', () => {
    const bytes = Objects.encode(encodeObjects(objects)).finish();
    expect(decodeObjects(Objects.decode(bytes))).toEqual(objects);
  });

  it('tells nothing of a configuration that is too large, rather than a part of it', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 2_001 }, (_, index) => [`labels.${index}`, 'd']),
    );
    const large = { ...container, config: { salt: 's', fields, implied: [] } };
    const [wire] = encodeObjects({ ...objects, containers: [large] }).containers;
    expect(wire?.config).toBeUndefined();
  });

  it('gives back a delta with its sequence', () => {
    const removed = { containers: ['a'], networks: ['b'], volumes: ['c'], images: ['d'] };
    const delta = { ...objects, removed };
    const wire = Delta.decode(Delta.encode(encodeDelta(delta, 7n)).finish());
    expect(wire.sequence).toBe(7n);
    expect(decodeDelta(wire)).toEqual(delta);
  });

  it('gives back outcomes', () => {
    const outcome: Outcome = {
      status: 'failed',
      durationMs: 3,
      error: { code: 'PortConflict', fault: 'world', message: 'port 80' },
    };
    expect(decodeOutcome(encodeOutcome('o', outcome))).toEqual(outcome);
    expect(decodeOutcome(encodeOutcome('o', { status: 'unchanged', durationMs: 0 }))).toEqual({
      status: 'unchanged',
      durationMs: 0,
    });
  });

  it('turns words it does not know into stated defaults', () => {
    const wire = encodeObjects(objects);
    const odd = { ...wire.containers[0], state: 99, health: 99 } as never;
    const [decoded] = decodeObjects({ ...wire, containers: [odd] }).containers;
    expect(decoded).toMatchObject({ state: 'dead', health: 'none' });
    const lie = { ...encodeOutcome('o', { status: 'done', durationMs: 1 }), status: 99 };
    expect(decodeOutcome(lie as never)).toMatchObject({
      status: 'failed',
      error: { code: 'EngineError' },
    });
  });

  it('gives back operations, and refuses bytes that are none', () => {
    const operation: HostOperation = {
      id: 'start-container web-1',
      kind: 'start-container',
      target: 'web-1',
      resource: 'web-1',
      cause: 'new',
      reason: 'change',
      dependsOn: [],
    };
    expect(decodeOperation(encodeOperation(operation))).toEqual(operation);
    for (const text of ['', '{', 'null', '[]', '{"kind":"exec"}', '{"kind":"start-container"}']) {
      expect(decodeOperation(Buffer.from(text))).toBeUndefined();
    }
    expect(decodeOperation(Buffer.from('{"kind":"constructor"}'))).toBeUndefined();
    const { target: _target, ...base } = operation;
    const pull = { ...base, kind: 'pull-image', reference: 'a:1' } as const;
    for (const platform of ['linux/arm64', undefined]) {
      const asked: HostOperation = { ...pull, ...(platform && { platform }) };
      expect(decodeOperation(encodeOperation(asked))).toEqual(asked);
    }
    const odd = encodeOperation({ ...pull, platform: '' });
    expect(decodeOperation(odd)).toBeUndefined();
  });

  it('gives back what a container was told of its files', () => {
    const files = { record: { '/etc/a': 'x', '/etc/b': 'y' }, error: 'reload failed' };
    const given = { ...objects, containers: [{ ...container, files }] };
    const bytes = Objects.encode(encodeObjects(given)).finish();
    expect(decodeObjects(Objects.decode(bytes))).toEqual(given);
  });

  it('checks every part of what is to be done with files', () => {
    const base = { id: 'a', resource: 'a', cause: 'a', reason: 'change', dependsOn: [] } as const;
    const entry = { path: 'a', sha256: sha256(''), mode: 0o644, uid: 0, gid: 0 };
    const tree = { ...base, kind: 'put-tree', source: 's', folder: true } as const;
    const apply = { ...base, kind: 'apply-files', target: 't', files: { '/a': 'x' } } as const;
    const create = { ...base, kind: 'create-container', name: 'n', body: {}, specHash: 'v1:a' };
    const good: unknown[] = [
      { ...tree, entries: [entry, { ...entry, sha256: undefined }] },
      { ...apply, action: { kind: 'none' } },
      { ...apply, action: { kind: 'signal', signal: 'SIGHUP' } },
      { ...apply, action: { kind: 'exec', argv: ['a'] } },
      { ...apply, action: { kind: 'restart', timeoutS: 1 } },
      create,
      { ...create, files: {} },
    ];
    const read = (value: unknown) => decodeOperation(Buffer.from(JSON.stringify(value)));
    for (const value of good) expect(read(value)).toEqual(JSON.parse(JSON.stringify(value)));
    const bad: unknown[] = [
      { ...tree, entries: {} },
      { ...tree, entries: [null] },
      { ...tree, entries: [{ ...entry, mode: 'x' }] },
      { ...tree, entries: [{ ...entry, sha256: '../x' }] },
      { ...tree, entries: [], folder: 'yes' },
      { ...apply, action: 'none' },
      { ...apply, action: { kind: 'kill' } },
      { ...apply, action: { kind: 'signal' } },
      { ...apply, action: { kind: 'exec', argv: [] } },
      { ...apply, action: { kind: 'exec', argv: [1] } },
      { ...apply, action: { kind: 'restart' } },
      { ...apply, files: { '/a': 1 }, action: { kind: 'none' } },
      { ...create, files: [] },
    ];
    for (const value of bad) expect(read(value)).toBeUndefined();
  });

  it('checks every part of the commands that run around a start and a stop', () => {
    const base = { id: 'a', resource: 'a', cause: 'a', reason: 'change', dependsOn: [] } as const;
    const start = { ...base, kind: 'start-container', target: 't' } as const;
    const whole = { argv: ['a'], user: 'u', privileged: true, workingDir: '/', env: ['A=1'] };
    const read = (hooks: unknown) =>
      decodeOperation(Buffer.from(JSON.stringify({ ...start, hooks })));
    for (const hooks of [undefined, [], [{ argv: ['a', 'b'] }, whole]]) {
      expect(read(hooks)).toEqual(JSON.parse(JSON.stringify({ ...start, hooks })));
    }
    const bad = [{}, [null], [{ argv: [] }], [{ argv: 'a' }], [{ argv: [1] }]];
    const parts = [{ user: 1 }, { privileged: 'yes' }, { workingDir: 1 }, { env: { A: '1' } }];
    for (const hooks of [...bad, ...parts.map((part) => [{ ...whole, ...part }])]) {
      expect(read(hooks)).toBeUndefined();
    }
  });

  it('never throws on bytes of a stranger', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeOperation(bytes)).not.toThrow();
      }),
    );
  });

  it('gives back what a registry said, and makes a failure of what names no digest', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const platforms = [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ];
    const answer = { manifest: { digest, platforms } };
    expect(decodeManifest(encodeManifest('1', answer))).toEqual(answer);
    const error = { code: 'PullDenied', fault: 'world', message: 'no' } as const;
    expect(decodeManifest(encodeManifest('1', { error }))).toEqual({ error });
    const odd = { ...encodeManifest('1', answer), digest: 'sha256:..', errorCode: 'x' };
    expect(decodeManifest(odd)).toMatchObject({ error: { code: 'PullFailed', fault: 'world' } });
  });

  it('keeps what is told of progress in bounds', () => {
    const told = { text: 'x'.repeat(500), doneBytes: Number.NaN, totalBytes: -1 };
    const { text, ...bytes } = decodeProgress(encodeProgress('o', told));
    expect(text).toHaveLength(200);
    expect(bytes).toEqual({ doneBytes: 0, totalBytes: 0 });
  });

  it('cuts texts and shows control characters', () => {
    expect(cleanText('a\u001b[31mb\n')).toBe('a\\u001b[31mb\n');
    expect(cleanText('x'.repeat(10_000))).toHaveLength(4_096);
  });
});
