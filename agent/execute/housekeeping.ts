import { type Clock, sleep } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import type { DockerEngine } from '../core/docker-engine.ts';
import { containerKey, networkKey, volumeKey } from '../core/record-key.ts';
import { type ContentFileStore, UNUSED_MS } from './file-store.ts';
import type { FileJournal } from './journal.ts';
import type { FolderTreeStore } from './tree-store.ts';

const INTERVAL_MS = 60 * 60 * 1000;

export interface HousekeepingOptions {
  readonly engine: DockerEngine;
  readonly files: ContentFileStore;
  readonly trees: FolderTreeStore;
  readonly journal: FileJournal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Every hour: forgets what is gone, and removes files and folders that none mounts. */
export async function keepHouse(options: HousekeepingOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(options.clock, INTERVAL_MS, signal).catch(() => {});
    if (signal.aborted) return;
    await tidy(options, signal).catch((error: unknown) => {
      if (!signal.aborted) options.logger.warn({ error }, 'housekeeping failed');
    });
  }
}

interface Listed {
  readonly Id?: string;
  readonly Mounts?: readonly { readonly Source?: string }[] | null;
}

interface ListedVolume {
  readonly Name?: string;
}

/** One round. @throws EngineFailure where the engine cannot be read: then nothing is removed. */
export async function tidy(options: HousekeepingOptions, signal: AbortSignal): Promise<void> {
  // Made while the engine lists: not gone because it is not listed.
  const known = options.journal.keys();
  const containers: readonly Listed[] = await options.engine.listContainers(signal);
  const networks: readonly Listed[] = await options.engine.listNetworks(signal);
  const volumes: readonly ListedVolume[] = await options.engine.listVolumes(signal);
  const present = new Set([
    ...containers.map(({ Id = '' }) => containerKey(Id)),
    ...networks.map(({ Id = '' }) => networkKey(Id)),
    ...volumes.map(({ Name = '' }) => volumeKey(Name)),
  ]);
  for (const key of known) if (!present.has(key)) await options.journal.forget(key);
  const mounted = containers.flatMap((container) =>
    (container.Mounts ?? []).flatMap((mount) => mount.Source ?? []),
  );
  const inUse = new Set(mounted);
  const before = options.clock.now() - UNUSED_MS;
  const removed =
    (await options.files.collect(inUse)) + (await options.trees.collect(inUse, before));
  if (removed > 0) options.logger.debug({ removed }, 'unused files removed');
}
