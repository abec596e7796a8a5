import { type DesiredHost, type HostName, toSwarmPlace } from '../../../../schemas/domain/index.ts';
import type { KnownHosts, KnownSwarm } from '../apps/select-hosts.ts';
import type { TreeRead } from '../read-tree.ts';
import type { Declared } from './declare.ts';

/** Phase 5: the hosts that apps can be put on. */
export function knownHosts(
  declared: Declared,
  tree: TreeRead,
  implicitHosts: readonly HostName[],
  kept: Map<HostName, DesiredHost>,
): KnownHosts {
  const badHosts = [...declared.bad.keys()].some((key) => key.startsWith('Host/'));
  const incomplete = badHosts || tree.mayHold('Host') || (tree.unread && declared.hosts.size === 0);
  const none = declared.hosts.size === 0 && !incomplete;
  return {
    declared: none
      ? new Map(implicitHosts.map((name) => [name, implicitHost(name, kept)]))
      : declared.hosts,
    swarms: knownSwarms(declared, kept),
    mayBeDeclared: (name) => declared.bad.has(`Host/${name}`) || (incomplete && tree.mayHold(name)),
    incomplete,
  };
}

/** By name; a swarm has no manifest of its own. */
function knownSwarms(
  { hosts }: Declared,
  kept: Map<HostName, DesiredHost>,
): ReadonlyMap<string, KnownSwarm> {
  const swarms = new Map<string, KnownSwarm>();
  for (const host of hosts.values()) {
    const { swarm: name } = host;
    if (name === undefined) continue;
    const members = [...(swarms.get(name)?.members ?? []), host];
    swarms.set(name, { place: implicitHost(toSwarmPlace(name), kept), members });
  }
  return swarms;
}

function implicitHost(name: HostName, kept: Map<HostName, DesiredHost>): DesiredHost {
  const known = kept.get(name);
  if (known) return known;
  const host = { name, labels: {}, gateway: false, values: {} };
  kept.set(name, host);
  return host;
}
