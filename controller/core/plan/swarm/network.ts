import { append } from '../draft.ts';
import type { StackContext } from './context.ts';

/** Networks come before the services on them; a changed one is another one (`names.ts`). */
export function planSwarmNetworks({ stack, swarm, draft, done }: StackContext): void {
  for (const { name, key, body, external } of stack.networks) {
    if (external || swarm.networks.some((network) => network.name === name)) continue;
    if (swarm.networkNamed(name)) continue;
    const replaced = swarm.networks.some(({ owner }) => owner?.object === key);
    const id = append(draft, {
      kind: 'create-network',
      name,
      body,
      resource: name,
      cause: replaced ? `network ${key} changed: services move to a new one` : 'does not exist',
      reason: 'change',
      dependsOn: done.apps,
    });
    done.objects.set(`network ${name}`, id);
  }
}

/** What stands in the way of a network of the stack. */
export function networkObstacle({ stack, swarm }: StackContext, name: string) {
  const network = stack.networks.find((one) => one.name === name);
  if (!network) return undefined;
  const present = swarm.networkNamed(name);
  if (network.external) {
    if (present) return undefined;
    const message = `external network ${name} is not in the swarm; create it there`;
    return { reason: 'NetworkNotFound', message };
  }
  if (!present || swarm.networks.some(({ id }) => id === present.id)) return undefined;
  const holder = present.owner ? `belongs to ${present.owner.app}` : 'is unmanaged';
  const message = `network ${name} exists and ${holder}; declare it external to use it`;
  return { reason: 'NameTaken', message };
}

/** Those that no service is on any more, nor was before its last update: that one may be rolled back to. */
export function pruneSwarmNetworks(context: StackContext, after: readonly string[]): void {
  const { stack, swarm, draft } = context;
  const wanted = new Set(stack.networks.map(({ name }) => name));
  for (const { id, name } of swarm.networks) {
    if (wanted.has(name) || swarm.isReferred('network', name)) continue;
    append(draft, {
      kind: 'remove-network',
      network: id,
      name,
      resource: name,
      cause: 'no service is on it any more',
      reason: 'prune',
      dependsOn: after,
    });
  }
}
