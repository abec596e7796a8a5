/** Removes what is ours and no longer declared; data stays unless git says otherwise (decision 10). */
import type {
  ObservedContainer,
  ObservedNetwork,
  ObservedUnit,
} from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import type { Context } from './context.ts';
import { append, type Draft, lastOperations } from './draft.ts';
import { strangerOn, whose } from './modes.ts';
import { remove } from './steps.ts';

/** Replicas above the wanted number, highest first. A spec that failed takes none away. */
export function planScaleDown(context: Context): void {
  for (const [name, { service, surplus, mode }] of context.services) {
    if (mode !== 'forward') continue;
    const wanted = service.containers.length;
    const after = (context.outlooks.get(name)?.finals ?? []).flatMap(({ started }) => started);
    for (const container of surplus) {
      const isUnnumbered = container.owner?.number === undefined;
      const cause = isUnnumbered ? 'has no number' : `scaled to ${wanted}`;
      remove(context, container, { cause, reason: context.reason, dependsOn: after });
    }
  }
}

/** After everything else of the plan is through. */
export function planPrune(context: Context): void {
  if (context.isStopped) return;
  const after = lastOperations(context.draft);
  const order = [...context.undeclared].reverse();
  for (const container of order) {
    const cause = `service ${container.owner?.service ?? ''} is no longer declared`;
    remove(context, container, { cause, reason: 'prune', dependsOn: after });
  }
  pruneNetworks(context, after);
  if (context.app.pruneVolumes) pruneVolumes(context, after);
}

function pruneNetworks(context: Context, after: readonly string[]): void {
  const declared = new Set(context.hardened.networks.map(({ name }) => name));
  for (const network of context.observed.networks) {
    if (declared.has(network.name)) continue;
    const users = context.observed.containers.filter(
      (container) =>
        isAttached(container, network) && (isUp(container) || isStarted(context, container)),
    );
    if (users.some((user) => !leaves(context, user, network))) continue;
    const removals = users.flatMap(({ id }) => context.done.removed.get(id) ?? []);
    removeNetwork(context.draft, context.observed, network, [...after, ...removals]);
  }
}

const isStarted = ({ draft }: Context, { id }: ObservedContainer): boolean =>
  draft.operations.some(
    ({ kind, ...rest }) => kind === 'start-container' && 'target' in rest && rest.target === id,
  );

/** Whether it is removed or disconnected by this plan. */
function leaves(context: Context, { id }: ObservedContainer, { name }: ObservedNetwork): boolean {
  return (
    context.done.removed.has(id) ||
    context.draft.operations.some(
      (operation) =>
        operation.kind === 'disconnect-network' &&
        operation.target === id &&
        operation.network === name,
    )
  );
}

const isAttached = (container: ObservedContainer, network: ObservedNetwork): boolean =>
  container.networks.some(({ id, name }) => id === network.id || name === network.name);

export function removeNetwork(
  draft: Draft,
  observed: ObservedUnit,
  { id, name }: ObservedNetwork,
  dependsOn: readonly string[],
): void {
  const stranger = strangerOn(observed, id);
  if (stranger) {
    const message = `network ${name} stays: ${whose(stranger)} is connected to it`;
    draft.blockers.push({ reason: 'Pruning', message });
    return;
  }
  const cause = 'no longer declared';
  const common = { resource: name, cause, reason: 'prune', dependsOn } as const;
  append(draft, { kind: 'remove-network', network: id, name, ...common });
}

function pruneVolumes(context: Context, after: readonly string[]): void {
  const removals = [...context.done.removed.values()];
  for (const name of unusedVolumes(context)) {
    append(context.draft, {
      kind: 'remove-volume',
      name,
      resource: name,
      cause: 'no longer declared, and its app says prune.volumes',
      reason: 'prune',
      dependsOn: [...after, ...removals],
    });
  }
}

/** Ours, and no service mounts them any more. */
export function unusedVolumes({ observed, hardened }: Context): readonly string[] {
  const declared = new Set(hardened.volumes.map(({ name }) => name));
  return observed.volumes
    .map(({ name }) => name)
    .filter((name) => !declared.has(name))
    .sort(compareText);
}
