import type { DockerEngine } from '../../../agent/core/docker-engine.ts';
import { timedEngine } from '../../../agent/docker/timed-engine.ts';
import { HostExecutor } from '../../../agent/execute/executor.ts';
import { DEFAULT_HOST_POLICY } from '../../../agent/execute/host-policy.ts';
import { FileJournal, type JournalFile } from '../../../agent/execute/journal.ts';
import { createManifestReader } from '../../../agent/observe/manifest-reader.ts';
import { HostObserver } from '../../../agent/observe/observer.ts';
import type { Executor } from '../../../agent/session/ports.ts';
import { AgentSession } from '../../../agent/session/session.ts';
import { fullJitterMs } from '../../../kit/backoff.ts';
import { sleep } from '../../../kit/clock.ts';
import { silentLogger } from '../../../kit/logger.ts';
import type { Host } from './host.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Wraps } from './wraps.ts';

/** Quicker than in life, so that ten of them take less time to simulate. */
export const RESYNC_MS = 8_000;
/** As `stayConnected` does: the rest of it is about keys and certificates. */
const DIAL_BACKOFF = { firstMs: 500, maxMs: 15_000, factor: 2 };
const STAY_AWAY_MS = 30_000;

export interface AgentOptions {
  readonly host: Host;
  readonly network: Network;
  readonly random: Random;
  readonly wraps: Wraps;
}

/** One run of the agent's program, as agent/main.ts joins it, until its life ends. */
export async function runAgent(life: Life, options: AgentOptions): Promise<void> {
  const { host, random, wraps } = options;
  const { clock } = life;
  const file = await FileJournal.open(journalFile(host, life), silentLogger);
  const port = host.port(life);
  const engine = timedEngine(wraps.engine?.(port, host) ?? port, clock);
  const observer = new HostObserver({
    engine,
    clock,
    logger: silentLogger,
    random: random.next,
    resyncMs: RESYNC_MS,
    records: {
      recorded: (key) => file.recordedApp(key) !== undefined,
      adopted: (key) => file.adopted(key),
      told: (id) => file.files(id),
      keys: () => file.keys(),
      forget: (key) => void file.forget(key).catch(() => {}),
    },
  });
  const executor = new HostExecutor({
    engine,
    journal: wraps.journal?.(file) ?? file,
    files: host.files,
    clock,
    logger: silentLogger,
    trees: host.trees,
    admit: async () => {},
    policy: () => DEFAULT_HOST_POLICY,
    paused: () => undefined,
    refresh: (refs) => observer.refresh(refs),
  });
  observer.start();
  const wrapped = wraps.executor?.(executor, host) ?? executor;
  await stayConnected(life, options, observer, wrapped, engine);
}

function journalFile({ journalFile: disk }: Host, life: Life): JournalFile {
  return {
    read: () => life.ask(() => disk.read()),
    append: (text, sync) => life.ask(() => disk.append(text, sync), sync ? 4 : 0),
    replace: (text) => life.ask(() => disk.replace(text)),
  };
}

async function stayConnected(
  life: Life,
  { host, network, random }: AgentOptions,
  observer: HostObserver,
  executor: Executor,
  engine: DockerEngine,
): Promise<void> {
  const identity = { agent: [], enroll: [], key: '', certificate: '', ca: '' };
  let failures = 0;
  while (life.alive) {
    const session = new AgentSession(network.dial(host.name, life), {
      identity: { ...identity, host: host.name, receivedMs: 0, joinedWith: '' },
      observer,
      executor,
      logs: { tail: async () => [] },
      manifests: createManifestReader(engine),
      paused: () => undefined,
      agentVersion: 'simulated',
      clock: life.clock,
      logger: silentLogger,
    });
    const { welcomed, kind } = await session.ended;
    failures = welcomed ? 0 : failures + 1;
    const waitMs =
      kind === 'lost'
        ? fullJitterMs(DIAL_BACKOFF, failures + 1, random.next)
        : STAY_AWAY_MS * (1 + random.next());
    await sleep(life.clock, waitMs);
  }
}
