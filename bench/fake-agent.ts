import { timedEngine } from '../agent/docker/timed-engine.ts';
import { HostExecutor } from '../agent/execute/executor.ts';
import { DEFAULT_HOST_POLICY } from '../agent/execute/host-policy.ts';
import { FileJournal } from '../agent/execute/journal.ts';
import { HostObserver } from '../agent/observe/observer.ts';
import { FakeEngine } from '../agent/testing/fake-engine.ts';
import {
  MemoryFileStore,
  MemoryJournalFile,
  MemoryTreeStore,
} from '../agent/testing/memory-stores.ts';
import { systemClock } from '../kit/clock.ts';
import { silentLogger } from '../kit/logger.ts';
import { IMAGE } from './manifests.ts';

/** The host side of an agent as its main.ts joins it, on an engine in memory that has the image. */
export interface FakeAgent {
  readonly engine: FakeEngine;
  readonly observer: HostObserver;
  readonly executor: HostExecutor;
  stop(): Promise<void>;
}

export async function fakeAgent(): Promise<FakeAgent> {
  const fake = new FakeEngine();
  fake.host.addImage(IMAGE);
  const parts = {
    clock: systemClock,
    logger: silentLogger,
    engine: timedEngine(fake, systemClock),
  };
  const journal = await FileJournal.open(new MemoryJournalFile(), silentLogger);
  const records = {
    recorded: (key: string) => journal.recordedApp(key) !== undefined,
    adopted: (key: string) => journal.adopted(key),
    told: (id: string) => journal.files(id),
    keys: () => journal.keys(),
    forget: (key: string) => void journal.forget(key).catch(() => {}),
  };
  const observer = new HostObserver({ ...parts, random: Math.random, records });
  const executor = new HostExecutor({
    ...parts,
    journal,
    files: new MemoryFileStore(),
    trees: new MemoryTreeStore(),
    admit: async () => {},
    policy: () => DEFAULT_HOST_POLICY,
    paused: () => undefined,
    refresh: (refs) => observer.refresh(refs),
  });
  observer.start();
  return {
    engine: fake,
    observer,
    executor,
    async stop() {
      await executor.stop();
      await observer.stop();
    },
  };
}

/** Containers that run on these agents' engines. */
export function runningOn(agents: readonly FakeAgent[]): number {
  let count = 0;
  for (const { engine } of agents) {
    for (const { state } of engine.host.containers.values()) if (state === 'running') count += 1;
  }
  return count;
}
