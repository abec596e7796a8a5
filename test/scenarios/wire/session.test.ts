import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stayConnected } from '../../../agent/session/connect.ts';
import type { ExecuteRequest } from '../../../agent/session/ports.ts';
import { FleetServer } from '../../../controller/fleet/fleet-server.ts';
import { FileVault } from '../../../controller/vault/file-vault.ts';
import { type Clock, systemClock } from '../../../kit/clock.ts';
import { silentLogger } from '../../../kit/logger.ts';
import {
  type HostOperation,
  type ObservedContainer,
  type ObservedDelta,
  type Outcome,
  toAppId,
  toHostName,
  toUnitKey,
} from '../../../schemas/domain/index.ts';
import { eventually } from '../../support/eventually.ts';

const host = toHostName('web-01');
const app = toAppId('default', 'shop');
const unit = toUnitKey(app, host);
const HOUR_MS = 3_600_000;

/** Real timers, a date that can be moved. */
class ShiftedClock implements Clock {
  shiftMs = 0;
  now = () => Date.now() + this.shiftMs;
  setTimer = (ms: number, fn: () => void) => systemClock.setTimer(ms, fn);
}

const operation = (target: string): HostOperation => ({
  id: `start-container ${target}`,
  kind: 'start-container',
  target,
  resource: target,
  cause: 'new',
  reason: 'change',
  dependsOn: [],
});

/** Stands for the engine's side of an agent. */
class StubHost {
  readonly requests: ExecuteRequest[] = [];
  listener: { delta(delta: ObservedDelta): void; resync(cause: string): void } | undefined;
  containers: ObservedContainer[] = [];
  outcome: Outcome | Promise<Outcome> = { status: 'done', durationMs: 1 };
  paused: { reason: string; untilMs: number } | undefined;

  readonly observer = {
    snapshot: async () => ({
      engine: {
        version: '20.10',
        apiVersion: '1.41',
        os: 'linux',
        architecture: 'amd64',
        cpus: 2,
        memoryBytes: 1,
      },
      containers: this.containers,
      networks: [],
      volumes: [],
      images: [],
    }),
    listen: (listener: NonNullable<StubHost['listener']>) => {
      this.listener = listener;
    },
    settle: async () => {},
  };

  readonly executor = {
    execute: async (request: ExecuteRequest) => {
      this.requests.push(request);
      return await this.outcome;
    },
    running: () => [],
    epoch: () => 41n,
  };

  readonly logs = { tail: async () => ['one', 'two'] };
  readonly manifests = {
    read: async (reference: string, auth: Uint8Array | undefined) => {
      const platform = {
        os: 'linux',
        architecture: `${reference} ${Buffer.from(auth ?? []).toString()}`,
      };
      return { digest: `sha256:${'d'.repeat(64)}`, platforms: [platform] };
    },
  };
}

function container(installation: string, state: ObservedContainer['state']): ObservedContainer {
  return {
    id: 'c1',
    name: 'shop-web-1',
    owner: {
      installation: installation as never,
      app,
      service: 'web',
      number: 1,
      specHash: 'v1:a',
    },
    recorded: true,
    imageId: 'i',
    image: 'app:1',
    state,
    exitCode: 0,
    oomKilled: false,
    error: '',
    restartCount: 0,
    startedAt: '',
    health: 'none',
    healthOutput: '',
    mutable: {
      nanoCpus: 0,
      memory: 0,
      memoryReservation: 0,
      memorySwap: 0,
      pidsLimit: 0,
      cpuShares: 0,
      cpusetCpus: '',
      restartPolicy: 'no',
      restartMaximum: 0,
    },
    networks: [],
    ports: [],
    sinceMs: 0,
  };
}

describe('an agent and the fleet, over mTLS', () => {
  const clock = new ShiftedClock();
  let folder: string;
  let fleet: FleetServer;
  let vault: FileVault;
  let stub: StubHost;
  let audits: string[];
  const agents: { abort: AbortController; done: Promise<unknown> }[] = [];

  const open = async () => {
    vault = await FileVault.open(join(folder, 'vault'), randomBytes);
    fleet = new FleetServer({
      clock,
      logger: silentLogger,
      randomBytes,
      secrets: vault,
      installation: vault.installation(),
      agentListen: '127.0.0.1:0',
      enrollListen: '127.0.0.1:0',
      advertise: [],
      declared: () => new Set([host]),
      audit: (...words) => audits.push(words.join(' ')),
    });
    await fleet.start();
  };

  const connect = (joinToken: string | null, name = 'agent', host_ = stub) => {
    const abort = new AbortController();
    const done = stayConnected(
      {
        folder: join(folder, name),
        joinToken,
        observer: host_.observer,
        executor: host_.executor,
        logs: host_.logs,
        manifests: host_.manifests,
        paused: () => host_.paused,
        agentVersion: 'test',
        clock,
        logger: silentLogger,
        random: () => 0.1,
      },
      abort.signal,
    ).catch((error: unknown) => error);
    agents.push({ abort, done });
    return { abort, done };
  };

  const online = () =>
    eventually('the host online', () => fleet.observed(unit) !== undefined, 10_000);
  const execute = (id = 'op1') =>
    fleet.execute(
      host,
      { operationId: id, unit, operation: operation('c1'), deadlineMs: 5_000 },
      new AbortController().signal,
    );

  beforeEach(async () => {
    clock.shiftMs = 0;
    audits = [];
    stub = new StubHost();
    folder = await mkdtemp(join(tmpdir(), 'skep-wire-'));
    await open();
  });

  afterEach(async () => {
    for (const { abort } of agents) abort.abort();
    await Promise.all(agents.splice(0).map(({ done }) => done));
    await fleet.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('joins, shows what runs, follows changes and carries out operations', async () => {
    stub.containers = [container(vault.installation(), 'created')];
    connect(await fleet.createJoinToken(host));
    await online();
    expect(fleet.observed(unit)?.containers[0]?.state).toBe('created');
    const changes: unknown[] = [];
    fleet.onObserved((_host, changed) => changes.push(changed));
    const next = container(vault.installation(), 'running');
    const removed = { containers: [], networks: [], volumes: [], images: [] };
    stub.listener?.delta({ containers: [next], networks: [], volumes: [], images: [], removed });
    await eventually('the delta', () => fleet.observed(unit)?.containers[0]?.state === 'running');
    expect(changes).toEqual([[unit]]);
    expect(await execute()).toEqual({ status: 'done', durationMs: 1 });
    expect(stub.requests[0]).toMatchObject({
      operationId: 'op1',
      unit,
      operation: operation('c1'),
    });
    expect(await fleet.tailLogs(host, 'c1', 1)).toEqual(['two']);
    expect(await fleet.inspectManifest(host, 'web:1', Buffer.from('login'))).toEqual({
      manifest: {
        digest: `sha256:${'d'.repeat(64)}`,
        platforms: [{ os: 'linux', architecture: 'web:1 login' }],
      },
    });
    expect(audits).toEqual(['host:web-01 host.join web-01']);
  });

  it('raises its epoch above what any agent has seen', async () => {
    connect(await fleet.createJoinToken(host));
    await online();
    await execute();
    expect(stub.requests[0]?.epoch).toBeGreaterThan(41n);
  });

  it('gives a join token out once', async () => {
    const token = await fleet.createJoinToken(host);
    connect(token);
    await online();
    const second = await connect(token, 'other').done;
    expect(second).toMatchObject({ code: 'JoinRefused' });
  });

  it('refuses a token that has run out, and one of another controller', async () => {
    const token = await fleet.createJoinToken(host, 1_000);
    clock.shiftMs = 2_000;
    expect(await connect(token).done).toMatchObject({ code: 'JoinRefused' });
    const parts = JSON.parse(Buffer.from(token, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...parts, ca: '0'.repeat(64) }));
    expect(await connect(forged.toString('base64url')).done).toMatchObject({
      code: 'WrongController',
    });
  });

  it('comes back without a join after 40 h away, with an expired certificate', async () => {
    // TLS looks at the machine's own date, so the join is moved into the past.
    clock.shiftMs = -40 * HOUR_MS;
    const { abort, done } = connect(await fleet.createJoinToken(host));
    await eventually('the join', () => audits.length > 0);
    abort.abort();
    await done;
    clock.shiftMs = 0;
    connect(null);
    await online();
    expect((await execute()).status).toBe('done');
    expect(audits).toHaveLength(1);
  });

  it('keeps agents over a restart of the controller, with the same CA', async () => {
    const token = await fleet.createJoinToken(host);
    connect(token);
    await online();
    const [agentPort, enrollPort] = [fleet.addresses().agent, fleet.addresses().enroll];
    await fleet.stop();
    fleet = new FleetServer({
      clock,
      logger: silentLogger,
      randomBytes,
      secrets: vault,
      installation: vault.installation(),
      agentListen: agentPort,
      enrollListen: enrollPort,
      advertise: [],
      declared: () => undefined,
      audit: () => {},
    });
    await fleet.start();
    await online();
    expect((await execute()).status).toBe('done');
  });

  it('cuts a revoked host and lets it back only with a new token', async () => {
    connect(await fleet.createJoinToken(host));
    await online();
    await fleet.revoke(host);
    expect(fleet.observed(unit)).toBeUndefined();
    expect((await execute()).error?.code).toBe('HostOffline');
  });

  it('lets a newer session replace the older one', async () => {
    connect(await fleet.createJoinToken(host));
    await online();
    const other = new StubHost();
    connect(await fleet.createJoinToken(host), 'clone', other);
    await eventually('the clone to answer', async () => {
      await execute(`op-${Math.random()}`);
      return other.requests.length > 0;
    });
  });

  it('answers what is pending when the session is lost', async () => {
    stub.outcome = new Promise(() => {});
    const { abort } = connect(await fleet.createJoinToken(host));
    await online();
    const pending = execute();
    await eventually('the operation at the agent', () => stub.requests.length > 0);
    abort.abort();
    expect((await pending).error?.code).toBe('SessionLost');
  });

  it('tells the pause of the host owner', async () => {
    connect(await fleet.createJoinToken(host));
    await online();
    stub.paused = { reason: 'disk swap', untilMs: 5_000_000_000_000 };
    await eventually('the pause', () => fleet.hosts()[0]?.paused?.reason === 'disk swap');
    stub.paused = undefined;
    await eventually('the end of the pause', () => fleet.hosts()[0]?.paused === null);
  });

  it('refuses to use a key that others can read', async () => {
    const { abort, done } = connect(await fleet.createJoinToken(host));
    await online();
    abort.abort();
    await done;
    await chmod(join(folder, 'agent', 'identity.json'), 0o644);
    expect(await connect(null).done).toMatchObject({ code: 'KeyPermissions' });
  });
});
