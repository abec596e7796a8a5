import type { OperationOf, Outcome } from '../../schemas/domain/index.ts';
import { swarmLock } from '../core/plan/swarm/images.ts';
import { lockEntry } from './image-look-ups.ts';
import type { PassOptions } from './pass-options.ts';
import { loginFor } from './registry-login.ts';
import type { StatusFacts } from './status-writer.ts';

/**
 * Asks a registry, through a manager, what a reference stands for, and keeps the answer: every
 * node runs that image until the stack's content changes. What no registry has and the manager
 * has itself is run as it is named: each node then has its own.
 */
export async function resolveImage(
  options: PassOptions,
  status: StatusFacts,
  { reference }: OperationOf<'resolve-image'>,
): Promise<Outcome> {
  const { fleet, facts, clock } = options;
  const { app, key, observed, desired } = status;
  if (!app) return { status: 'skipped', durationMs: 0 };
  const startedMs = clock.now();
  const auth = loginFor(reference, app.project, desired.registries);
  const answer = await fleet.inspectManifest(observed.host, reference, auth);
  const durationMs = clock.now() - startedMs;
  if ('error' in answer) {
    const local = observed.image(reference);
    const isOnlyLocal = local !== undefined && local.digests.length === 0;
    if (!isOnlyLocal) return { status: 'failed', durationMs, error: answer.error };
    await remember(swarmLock(reference, '', []));
    return { status: 'done', durationMs };
  }
  const { digest, platforms } = answer.manifest;
  await remember(swarmLock(reference, digest, platforms));
  return { status: 'done', durationMs };

  async function remember(lock: string): Promise<void> {
    if (!app) return;
    const own = facts.lockEntries(key).find((entry) => entry.contentHash === app.contentHash);
    const lookedUp = { [reference]: clock.now() };
    await facts.putLocks(key, lockEntry(app, own, { [reference]: lock }, lookedUp));
  }
}
