/** The removal of a stack that is not declared any more. */
import type { ObservedSwarm } from '../../../../schemas/domain/index.ts';
import { append, emptyDraft, type NewOperation } from '../draft.ts';
import type { PlanInput, PlanResult } from '../input.ts';

const CAUSE = 'the stack is no longer declared here';

/** Services first, then what they used. Volumes are on the nodes, and stay. */
export function planOrphanStack({ observed }: PlanInput, swarm: ObservedSwarm): PlanResult {
  const draft = emptyDraft();
  const common = { cause: CAUSE, reason: 'prune' } as const;
  const add = (operation: NewOperation) => append(draft, operation);
  const services = swarm.services.map(({ id, name, owner }) => {
    const service = owner?.service ?? name;
    draft.changes.push({ service, action: 'remove', cause: CAUSE });
    const about = { ...common, service, resource: name, dependsOn: [] };
    return add({ kind: 'remove-service', target: id, ...about });
  });
  for (const { kind: file, id, name } of [...swarm.configs, ...swarm.secrets]) {
    const about = { ...common, resource: `${file} ${name}`, dependsOn: services };
    add({ kind: 'remove-swarm-file', file, target: id, ...about });
  }
  for (const { id, name } of swarm.networks) {
    const about = { ...common, resource: name, dependsOn: services };
    add({ kind: 'remove-network', network: id, name, ...about });
  }
  return {
    plan: {
      unit: observed.key,
      host: observed.host,
      app: observed.app,
      operations: draft.operations,
      changes: draft.changes,
      blockers: draft.blockers,
      provisional: false,
      leftBehind: [],
      adoptions: [],
    },
    locks: {},
    specHashes: new Map(),
    failed: [],
    learnt: [],
  };
}
