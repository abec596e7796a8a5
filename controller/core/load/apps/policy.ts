import { type Issue, RESERVED_LABEL_PREFIXES } from '../../../../schemas/domain/index.ts';
import {
  type ComposeMap,
  type ComposeNode,
  childOf,
  entriesOf,
  itemsOf,
  textOf,
} from '../compose/node.ts';
import { REPOSITORY_PREFIX } from '../compose/paths.ts';
import { joinPath, Reading } from '../compose/reading.ts';
import type { ProjectDeclaration } from '../manifests/convert.ts';
import { judgeBind } from './bind-policy.ts';
import { grantHint } from './grants.ts';
import { checkPowers } from './power-policy.ts';

/** Networks of the engine itself. */
const ENGINE_NETWORKS = new Set(['bridge', 'docker_gwbridge', 'host', 'ingress', 'none']);
/** A limit of skep, not of Compose: a typo must not start a million containers. */
const MAX_REPLICAS = 1_000;

/**
 * Phase 6b: what an app may ask of its hosts, on the merged tree, so that no merge, anchor or
 * variable can get round it. The final engine request is judged again before it is sent.
 */
export function checkPolicy(
  tree: ComposeMap,
  project: ProjectDeclaration | undefined,
  prefix: string,
  target: 'container' | 'swarm' = 'container',
): readonly Issue[] {
  const reading = new Reading(prefix);
  const privileges = project?.privileges ?? [];
  for (const [name, { value: service }] of entriesOf(tree, 'services')) {
    const path = joinPath('services', name);
    checkLabels(reading, service, path);
    checkMounts(reading, service, path, privileges);
    checkPowers(reading, service, path, privileges);
    checkReplicas(reading, service, path, target);
  }
  for (const [name, { value: network }] of entriesOf(tree, 'networks')) {
    const path = joinPath('networks', name);
    checkLabels(reading, network, path);
    checkNetwork(reading, network, path);
  }
  for (const [name, { value: volume }] of entriesOf(tree, 'volumes')) {
    const path = joinPath('volumes', name);
    checkLabels(reading, volume, path);
    checkVolume(reading, volume, path, privileges);
  }
  return reading.issues;
}

/** A forged label is forged ownership. */
function checkLabels(reading: Reading, node: ComposeNode, path: string): void {
  for (const [label, entry] of entriesOf(node, 'labels')) {
    const prefix = RESERVED_LABEL_PREFIXES.find((one) => label.toLowerCase().startsWith(one));
    if (prefix === undefined) continue;
    const message = `labels that begin with ${prefix} are set by skep or the engine alone`;
    const at = joinPath(joinPath(path, 'labels'), label);
    reading.atKey('P_RESERVED_LABEL', entry, at, message, 'rename the label');
  }
}

function checkMounts(
  reading: Reading,
  service: ComposeNode,
  path: string,
  privileges: readonly string[],
): void {
  for (const [index, mount] of itemsOf(service, 'volumes').entries()) {
    const source = textOf(mount, 'source');
    if (textOf(mount, 'type') !== 'bind' || source === undefined) continue;
    if (source.startsWith(REPOSITORY_PREFIX)) continue;
    const judged = judgeBind(source, textOf(mount, 'read_only') === 'true', privileges);
    if (judged.kind === 'allowed') continue;
    const message = `the host path ${source} may not be mounted`;
    const hint = grantHint(judged.grant);
    const at = joinPath(joinPath(path, 'volumes'), index);
    reading.at(judged.code, childOf(mount, 'source') ?? mount, at, message, hint);
  }
}

/** One host port for several containers cannot work. */
function checkReplicas(
  reading: Reading,
  service: ComposeNode,
  path: string,
  target: 'container' | 'swarm',
): void {
  const deployed = textOf(childOf(service, 'deploy'), 'replicas');
  const replicas = Number(textOf(service, 'scale') ?? deployed ?? 1);
  if (replicas > MAX_REPLICAS) {
    const message = `more than ${MAX_REPLICAS} replicas`;
    reading.at('P_LIMITS', childOf(service, 'deploy') ?? service, path, message);
  }
  // A swarm shares a port among tasks, or gives each of its nodes one.
  if (replicas <= 1 || target === 'swarm') return;
  for (const [index, port] of itemsOf(service, 'ports').entries()) {
    const published = textOf(port, 'published');
    if (published === undefined || portCount(published) >= replicas) continue;
    const message = `host port ${published} with ${replicas} replicas: only one can have it`;
    const hint = 'publish a range, or leave the host port out';
    reading.at('E_PORT_CONFLICT', port, joinPath(joinPath(path, 'ports'), index), message, hint);
  }
}

function portCount(published: string): number {
  const [first, last = first] = published.split('-').map(Number);
  return (last ?? 0) - (first ?? 0) + 1;
}

function checkNetwork(reading: Reading, network: ComposeNode, path: string): void {
  const name = childOf(network, 'name');
  const written = textOf(network, 'name');
  if (!name || written === undefined || !ENGINE_NETWORKS.has(written)) return;
  const message = `apps may not join the engine's network ${written}`;
  const hint = 'let the app have a network of its own: leave external and name out';
  reading.at('P_NETWORK', name, joinPath(path, 'name'), message, hint);
}

/** A local volume with a path behind it is a bind by another name. */
function checkVolume(
  reading: Reading,
  volume: ComposeNode,
  path: string,
  privileges: readonly string[],
): void {
  const options = childOf(volume, 'driver_opts');
  const driver = textOf(volume, 'driver') ?? 'local';
  if (options?.kind !== 'map' || driver !== 'local' || options.entries.size === 0) return;
  if (privileges.includes('volume-driver-opts')) return;
  const type = textOf(options, 'type');
  if (type === 'tmpfs' && !/(?:^|,)r?bind(?:,|$)/.test(textOf(options, 'o') ?? '')) return;
  const device = textOf(options, 'device') ?? '';
  if (device.startsWith('/') && judgeBind(device, false, privileges).kind === 'allowed') return;
  const message = 'driver_opts of a local volume can mount any path of the host';
  const hint = grantHint('volume-driver-opts');
  const at = joinPath(path, 'driver_opts');
  reading.at('P_VOLUME_DRIVER_OPTS', options, at, message, hint);
}
