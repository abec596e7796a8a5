import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import {
  encodeDelta,
  encodeEngine,
  encodeManifest,
  encodeObjects,
  encodeOutcome,
  encodeProgress,
} from '../../proto/codec.ts';
import type { SessionRequest } from '../../proto/gen/skep/agent/v1/agent.ts';
import type {
  HostOperation,
  ObservedDelta,
  OperationProgress,
} from '../../schemas/domain/index.ts';
import type { Dispatch } from '../reconcile/ports.ts';
import { APP, aContainer, ENGINE, HOST } from '../testing/builders.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeStream } from '../testing/fake-stream.ts';
import { HEARTBEAT_MS, HostSession } from './host-session.ts';
import type { WholeSnapshot } from './snapshot-parts.ts';

const NOTHING = { containers: [], networks: [], volumes: [], images: [] };
const EMPTY_DELTA = { ...NOTHING, removed: NOTHING };
const DAY_MS = 86_400_000;

const dispatch = (operationId: string, kind = 'start-container'): Dispatch => ({
  operationId,
  unit: `${APP}@${HOST}` as Dispatch['unit'],
  operation: {
    kind,
    target: 'c',
    reference: 'a:1',
    id: 'o',
    resource: 'c',
    cause: '',
    reason: 'change',
    dependsOn: [],
  } as unknown as HostOperation,
  deadlineMs: 10_000,
});

describe('the session of a host', () => {
  let clock: DrivenClock;
  let stream: FakeStream;
  let session: HostSession;
  let told: string[];
  let plausible: boolean;
  let snapshots: WholeSnapshot[];
  let deltas: ObservedDelta[];
  const never = new AbortController().signal;

  beforeEach(() => {
    clock = new DrivenClock();
    stream = new FakeStream();
    told = [];
    snapshots = [];
    deltas = [];
    plausible = true;
    session = open();
    session.welcome('i', 5n, DAY_MS);
  });

  const open = () =>
    new HostSession({
      host: HOST,
      id: 's1',
      agentVersion: '1',
      stream: stream.asStream(),
      clock,
      logger: silentLogger,
      events: {
        snapshot: (_, snapshot) => snapshots.push(snapshot),
        delta: (_, delta) => {
          deltas.push(delta);
          return plausible;
        },
        paused: () => told.push('paused'),
        ended: (_, { code }) => told.push(code),
      },
    });

  const hear = (message: Partial<SessionRequest>, size = 100) =>
    session.receive(message as SessionRequest, size);
  const snapshot = (sequence = 0n, last = true, objects: object = NOTHING) =>
    hear({
      snapshot: {
        engine: encodeEngine(ENGINE),
        objects: encodeObjects({ ...NOTHING, ...objects }),
        last,
        sequence,
      },
    });
  const delta = (sequence: bigint) => hear({ delta: encodeDelta(EMPTY_DELTA, sequence) });
  const execute = (id: string, signal = never) => session.execute(dispatch(id), 5n, signal);

  it('welcomes first', () => {
    expect(stream.written[0]?.welcome).toMatchObject({ session: 's1', epoch: 5n });
  });

  it('takes a snapshot in at its last part', () => {
    snapshot(0n, false, { containers: [aContainer({ id: 'a' })] });
    expect(snapshots).toHaveLength(0);
    snapshot(0n, true, { containers: [aContainer({ id: 'b' })] });
    expect(snapshots[0]?.objects.containers.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('follows the chain of deltas and begins a new one at each snapshot', () => {
    snapshot(0n);
    delta(1n);
    delta(2n);
    snapshot(2n);
    delta(3n);
    expect(deltas).toHaveLength(3);
    expect(told).toEqual([]);
  });

  it.each([
    ['a delta before any snapshot', () => delta(1n)],
    [
      'a delta that skips one',
      () => {
        snapshot();
        delta(2n);
      },
    ],
    [
      'a delta that is told twice',
      () => {
        snapshot();
        delta(1n);
        delta(1n);
      },
    ],
    [
      'a delta from the past',
      () => {
        snapshot(7n);
        delta(7n);
      },
    ],
    [
      'a delta inside a snapshot',
      () => {
        snapshot();
        snapshot(0n, false);
        delta(1n);
      },
    ],
  ])('ends at %s', (_, act) => {
    act();
    expect(told).toEqual(['S_SEQUENCE']);
    expect(stream.finish).toMatchObject({ code: status.FAILED_PRECONDITION });
  });

  it('ends at a second hello', () => {
    hear({ hello: { protocol: 1, host: HOST, agentVersion: '', epoch: 0n, running: [] } });
    expect(told).toEqual(['S_PROTOCOL']);
  });

  it('is deaf once it is over', () => {
    snapshot();
    session.end('S_REPLACED', 'newer');
    snapshot();
    delta(1n);
    hear({ pause: { reason: 'x', untilMs: 5n } });
    session.end('S_STOPPING', 'again');
    expect([snapshots.length, deltas.length, told]).toEqual([1, 0, ['S_REPLACED']]);
    expect(clock.pending).toBe(0);
  });

  it('ends where the host has more than a host can have', () => {
    const many = Array.from({ length: 20_001 }, (_, i) => aContainer({ id: `${i}` }));
    for (let at = 0; at < many.length; at += 5_000) {
      snapshot(0n, false, { containers: many.slice(at, at + 5_000) });
    }
    expect(told).toEqual(['S_IMPLAUSIBLE']);
  });

  it('ends at a snapshot that never ends, by its bytes and by its parts', () => {
    for (let i = 0; i < 17; i += 1) hear({ snapshot: part() }, 4 * 1024 * 1024);
    expect(told).toEqual(['S_IMPLAUSIBLE']);
  });

  it('ends where a delta makes the host more than a host can have', () => {
    snapshot();
    plausible = false;
    delta(1n);
    expect(told).toEqual(['S_IMPLAUSIBLE']);
  });

  it('ends at a flood of messages, and not at a busy host', async () => {
    for (let s = 0; s < 60; s += 1) {
      for (let i = 0; i < 1_000; i += 1) hear({ heartbeat: {} });
      await clock.advance(1_000);
    }
    expect(told).toEqual([]);
    for (let i = 0; i < 20_001; i += 1) hear({ heartbeat: {} });
    expect(told).toEqual(['S_FLOOD']);
  });

  it('ends at a flood of bytes', () => {
    for (let i = 0; i < 65; i += 1) hear({ heartbeat: {} }, 4 * 1024 * 1024);
    expect(told).toEqual(['S_FLOOD']);
  });

  it('asks for a new snapshot after very many deltas', async () => {
    snapshot();
    for (let i = 1n; i <= 17n; i += 1n) {
      hear({ delta: encodeDelta(EMPTY_DELTA, i) }, 4 * 1024 * 1024);
    }
    expect(stream.written.filter(({ snapshotRequest }) => snapshotRequest)).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('beats, and ends when nothing is heard for three beats', async () => {
    snapshot();
    await clock.advance(3 * HEARTBEAT_MS);
    expect(stream.written.filter(({ heartbeat }) => heartbeat)).toHaveLength(3);
    expect(told).toEqual([]);
    await clock.advance(HEARTBEAT_MS);
    expect(told).toEqual(['S_SILENT']);
  });

  it('beats on whole seconds, whenever it began, so that sessions beat together', async () => {
    session.end('S_REPLACED', '');
    await clock.advance(300);
    stream = new FakeStream();
    open().welcome('i', 5n, DAY_MS);
    const beats = () => stream.written.filter(({ heartbeat }) => heartbeat).length;
    await clock.advance(HEARTBEAT_MS - 301);
    expect(beats()).toBe(0);
    await clock.advance(1);
    expect(beats()).toBe(1);
    await clock.advance(HEARTBEAT_MS);
    expect(beats()).toBe(2);
  });

  it('lives as long as anything is heard', async () => {
    snapshot();
    for (let i = 0; i < 20; i += 1) {
      await clock.advance(HEARTBEAT_MS);
      hear({ heartbeat: {} });
    }
    expect(told).toEqual([]);
  });

  it('ends where no snapshot comes in time, however much is heard', async () => {
    for (let i = 0; i < 24; i += 1) {
      await clock.advance(HEARTBEAT_MS);
      hear({ heartbeat: {} });
    }
    expect(told).toEqual(['S_SILENT']);
  });

  it('ends when its certificate runs out', async () => {
    snapshot();
    while (clock.now() < Date.UTC(2026, 0, 2)) {
      await clock.advance(HEARTBEAT_MS);
      hear({ heartbeat: {} });
    }
    expect(told).toEqual(['S_EXPIRED']);
    expect(stream.finish).toMatchObject({ code: status.PERMISSION_DENIED });
  });

  it('answers an operation with the outcome of its id', async () => {
    const first = execute('a');
    const second = execute('b');
    hear({ outcome: encodeOutcome('b', { status: 'unchanged', durationMs: 1 }) });
    hear({ outcome: encodeOutcome('a', { status: 'done', durationMs: 2 }) });
    expect(await first).toEqual({ status: 'done', durationMs: 2 });
    expect(await second).toEqual({ status: 'unchanged', durationMs: 1 });
  });

  it('answers what is pending when it ends, and what comes after', async () => {
    const pending = execute('a');
    const logs = session.tailLogs('c', 10);
    session.end('S_SILENT', 'no heartbeat');
    expect((await pending).error).toMatchObject({ code: 'SessionLost', fault: 'world' });
    expect(await logs).toEqual([]);
    expect((await execute('b')).error?.code).toBe('SessionLost');
    expect(await session.tailLogs('c', 10)).toEqual([]);
  });

  it('gives up on an outcome some time after the deadline', async () => {
    const pending = execute('a');
    for (let i = 0; i < 3; i += 1) {
      await clock.advance(5_000);
      hear({ heartbeat: {} });
    }
    expect((await pending).error?.code).toBe('EngineTimeout');
  });

  it('takes a thousand operations at once, and each id once', async () => {
    const pending = Array.from({ length: 1_000 }, (_, i) => execute(`${i}`));
    expect((await execute('one more')).error?.code).toBe('SessionLost');
    session.end('S_STOPPING', '');
    await Promise.all(pending);
  });

  it('cuts a pull short where nobody waits for it, and nothing else', async () => {
    const abort = new AbortController();
    const pull = session.execute(dispatch('p', 'pull-image'), 5n, abort.signal);
    const start = session.execute(dispatch('s'), 5n, abort.signal);
    abort.abort();
    const cancelled = stream.written.flatMap(({ cancel }) => (cancel ? [cancel.operationId] : []));
    expect(cancelled).toEqual(['p']);
    session.end('S_STOPPING', '');
    await Promise.all([pull, start]);
  });

  it('shows logs without control characters, and no more than were asked for', async () => {
    const logs = session.tailLogs('c', 2);
    const requestId = stream.written.at(-1)?.tailLogs?.requestId ?? '';
    hear({ logs: { requestId, lines: ['a', 'b\u001b[2J', 'c'] } });
    expect(await logs).toEqual(['b\\u001b[2J', 'c']);
  });

  it('asks what an image is in its registry, and answers when nobody does', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const asked = session.inspectManifest('web:1', Buffer.from('login'));
    const { requestId, reference, auth } = stream.written.at(-1)?.inspectManifest ?? {};
    expect([reference, auth?.toString()]).toEqual(['web:1', 'login']);
    const answer = { manifest: { digest, platforms: [] } };
    hear({ manifest: encodeManifest(requestId ?? '', answer) });
    expect(await asked).toEqual(answer);
    const unanswered = session.inspectManifest('web:2');
    for (let i = 0; i < 4; i += 1) {
      await clock.advance(5_000);
      hear({ heartbeat: {} });
    }
    expect(await unanswered).toMatchObject({ error: { code: 'PullFailed' } });
    const cut = session.inspectManifest('web:3');
    session.end('S_STOPPING', 'stops');
    expect(await cut).toMatchObject({ error: { message: 'stops' } });
    expect(await session.inspectManifest('web:4')).toMatchObject({ error: { fault: 'world' } });
  });

  it('passes on what an operation tells while it is under way', async () => {
    const told: OperationProgress[] = [];
    const onProgress = (progress: OperationProgress) => told.push(progress);
    const signal = new AbortController().signal;
    const pull = session.execute({ ...dispatch('p', 'pull-image'), onProgress }, 5n, signal);
    const progress = { text: 'layer', doneBytes: 1, totalBytes: 2 };
    hear({ progress: encodeProgress('other', progress) });
    hear({ progress: encodeProgress('p', progress) });
    hear({ outcome: encodeOutcome('p', { status: 'done', durationMs: 1 }) });
    await pull;
    hear({ progress: encodeProgress('p', progress) });
    expect(told).toEqual([progress]);
  });

  it('waits three seconds for logs', async () => {
    const logs = session.tailLogs('c', 2);
    await clock.advance(3_000);
    expect(await logs).toEqual([]);
  });

  it('tells a pause once, and its end', () => {
    hear({ pause: { reason: 'disk', untilMs: 5n } });
    hear({ pause: { reason: 'disk', untilMs: 5n } });
    expect(session.paused).toEqual({ reason: 'disk', untilMs: 5 });
    hear({ pause: { reason: '', untilMs: 0n } });
    expect(session.paused).toBeNull();
    expect(told).toEqual(['paused', 'paused']);
  });

  it('ends where the agent does not read what it is sent', () => {
    stream.writableLength = 4_001;
    void execute('a');
    expect(told).toEqual(['S_SILENT']);
  });

  const part = () => ({
    engine: encodeEngine(ENGINE),
    objects: encodeObjects(NOTHING),
    last: false,
    sequence: 0n,
  });
});
