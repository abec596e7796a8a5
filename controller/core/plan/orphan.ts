/** The removal of a unit that is not declared any more. */
import type { ObservedContainer, ServiceChange } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import { append, emptyDraft } from './draft.ts';
import type { PlanInput, PlanResult } from './input.ts';
import { removeNetwork } from './prune.ts';

const ENGINE_STOP_TIMEOUT_S = 10;
const CAUSE = 'the app is no longer declared here';

/** Containers first, then what they used. Without its model, the order is that of names, reversed. */
export function planOrphan({ observed, pruneVolumes }: PlanInput): PlanResult {
  const draft = emptyDraft();
  const containers = [...observed.containers]
    .filter(({ state }) => state !== 'removing')
    .sort((a, b) => compareText(b.name, a.name));
  const removals = containers.map((container) => {
    const common = about(container);
    const stopped = isUp(container)
      ? [
          append(draft, {
            kind: 'stop-container',
            target: container.id,
            timeoutS: container.stopTimeoutS ?? ENGINE_STOP_TIMEOUT_S,
            ...common,
            dependsOn: [],
          }),
        ]
      : [];
    return append(draft, {
      kind: 'remove-container',
      target: container.id,
      ...common,
      dependsOn: stopped,
    });
  });
  for (const network of observed.networks) removeNetwork(draft, observed, network, removals);
  const volumes = observed.volumes.map(({ name }) => name).sort(compareText);
  if (pruneVolumes) {
    for (const name of volumes) {
      append(draft, {
        kind: 'remove-volume',
        name,
        resource: name,
        cause: CAUSE,
        reason: 'prune',
        dependsOn: removals,
      });
    }
  }
  return {
    plan: {
      unit: observed.key,
      host: observed.host,
      app: observed.app,
      operations: draft.operations,
      adoptions: [],
      changes: changesOf(containers),
      blockers: draft.blockers,
      provisional: false,
      leftBehind: pruneVolumes ? [] : volumes,
    },
    locks: {},
    specHashes: new Map(),
    failed: [],
    learnt: [],
  };
}

const about = (container: ObservedContainer) => ({
  resource: container.name,
  ...(container.owner?.service !== undefined && { service: container.owner.service }),
  cause: CAUSE,
  reason: 'prune' as const,
});

function changesOf(containers: readonly ObservedContainer[]): readonly ServiceChange[] {
  const services = new Set(containers.map(({ owner, name }) => owner?.service ?? name));
  return [...services]
    .sort(compareText)
    .map((service) => ({ service, action: 'remove', cause: CAUSE }));
}
