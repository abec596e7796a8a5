import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stayConnected } from '../agent/session/connect.ts';
import { systemClock } from '../kit/clock.ts';
import { silentLogger } from '../kit/logger.ts';
import { TestRepository, temporaryDirectory } from '../test/support/git.ts';
import { until } from '../test/support/until.ts';
import { Controller } from './controller.ts';
import { cpuMsOf, cpuMsOfProcess } from './cpu.ts';
import { type FakeAgent, fakeAgent } from './fake-agent.ts';
import type { Figure } from './harness.ts';
import { appManifest, hostManifest } from './manifests.ts';

export interface IdleSize {
  readonly agents: number;
  readonly appsPerAgent: number;
  /** How long nothing happens before it counts, and how long it then counts. */
  readonly quietMs: number;
  readonly measuredMs: number;
}

/** What issue A asks for. */
export const FULL_IDLE: IdleSize = {
  agents: 100,
  appsPerAgent: 10,
  quietMs: 10_000,
  measuredMs: 60_000,
};

const LIMIT_PERCENT = 1;
const CONVERGE_MS = 300_000;

/**
 * CPU of a controller while nothing happens: its own process, agents connected by mTLS from this
 * one, each with an engine in memory that runs apps of three services.
 */
export async function idle(size: IdleSize): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory('skep-bench-');
  await using repository = await TestRepository.create(filesOf(size));
  const dataDir = join(directory.path, 'c');
  await using controller = await Controller.start(repository.path, dataDir);
  const abort = new AbortController();
  const agents = await connect(size.agents, controller, directory.path, abort.signal);
  try {
    const apps = size.agents * size.appsPerAgent;
    const settled = async () => {
      const { healthy, online } = await controller.status();
      return healthy === apps && online === size.agents;
    };
    const deadlineMs = CONVERGE_MS;
    await until(settled, { what: 'all apps run', deadlineMs, everyMs: 250 });
    await pause(size.quietMs);
    const before = cpuMsOfProcess(controller.pid);
    const begun = performance.now();
    const agentsMs = await cpuMsOf(() => pause(size.measuredMs));
    const tookMs = performance.now() - begun;
    const share = ((cpuMsOfProcess(controller.pid) - before) / tookMs) * 100;
    if (!(await settled())) throw new Error('it was not idle');
    const what = `${size.agents} agents, ${apps} apps`;
    return [
      {
        name: `idle controller, ${what}, of one core`,
        samples: [share],
        unit: '%',
        limit: LIMIT_PERCENT,
      },
      { name: '  each agent', samples: [(agentsMs / tookMs / size.agents) * 100], unit: '%' },
    ];
  } finally {
    abort.abort();
    await Promise.all(agents.map(({ ended, agent }) => ended.then(() => agent.stop())));
  }
}

function filesOf({ agents, appsPerAgent }: IdleSize): Record<string, string> {
  const files: Record<string, string> = {};
  for (let host = 0; host < agents; host += 1) {
    files[`hosts/host-${host}.yaml`] = hostManifest(host);
    for (let app = 0; app < appsPerAgent; app += 1) {
      const n = host * appsPerAgent + app;
      files[`apps/app-${n}.yaml`] = appManifest(n, host);
    }
  }
  return files;
}

interface Connected {
  readonly agent: FakeAgent;
  readonly ended: Promise<void>;
}

async function connect(
  count: number,
  controller: Controller,
  folder: string,
  signal: AbortSignal,
): Promise<readonly Connected[]> {
  const connected: Connected[] = [];
  for (let n = 0; n < count; n += 1) {
    const host = `host-${n}`;
    const agent = await fakeAgent();
    const ended = stayConnected(
      {
        folder: join(folder, host),
        joinToken: await controller.joinToken(host),
        observer: agent.observer,
        executor: agent.executor,
        logs: { tail: async () => [] },
        manifests: { read: () => Promise.reject(new Error('no registry here')) },
        paused: () => undefined,
        agentVersion: 'bench',
        clock: systemClock,
        logger: silentLogger,
        random: Math.random,
      },
      signal,
    );
    connected.push({ agent, ended });
  }
  return connected;
}
