import type { DesiredHost, HostName } from '../../../../schemas/domain/index.ts';
import type { KnownHosts } from '../apps/select-hosts.ts';
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
    mayBeDeclared: (name) => declared.bad.has(`Host/${name}`) || (incomplete && tree.mayHold(name)),
    incomplete,
  };
}

function implicitHost(name: HostName, kept: Map<HostName, DesiredHost>): DesiredHost {
  const known = kept.get(name);
  if (known) return known;
  const host = { name, labels: {}, gateway: false, values: {} };
  kept.set(name, host);
  return host;
}
