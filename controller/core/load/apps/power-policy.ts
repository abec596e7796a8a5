import type { Code } from '../codes.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  entriesOf,
  itemsOf,
} from '../compose/node.ts';
import { joinPath, type Reading } from '../compose/reading.ts';
import { grantHint } from './grants.ts';

const HINT = grantHint('privileged');

/** Capabilities that a container may be given beyond the engine's own: none reaches the host. */
const HARMLESS_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
/** Sysctls of the container's own namespaces. */
const OWN_SYSCTL =
  /^(?:net\.|fs\.mqueue\.|kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$)/;

type Rule = (node: ComposeNode) => { readonly code: Code; readonly message: string } | undefined;

const text = (node: ComposeNode): string => (node.kind === 'scalar' ? String(node.value) : '');

const always =
  (code: Code, message: string): Rule =>
  () => ({ code, message });

/** The host's own namespace, or that of a container that is not of this app. */
const namespace: Rule = (node) => {
  const mode = text(node);
  if (mode === 'host') {
    return { code: 'P_HOST_NAMESPACE', message: 'shares a namespace with the host' };
  }
  if (!mode.startsWith('container:')) return undefined;
  return { code: 'P_FOREIGN_CONTAINER', message: `reaches into the container ${mode.slice(10)}` };
};

const networkMode: Rule = (node) => {
  const mode = text(node);
  if (['host', 'none', ''].includes(mode) || mode.includes(':')) return namespace(node);
  return { code: 'P_NETWORK', message: `joins ${mode}, a network that is not the app’s` };
};

/** What each property may not say without the privilege. */
const RULES: Readonly<Record<string, Rule>> = {
  privileged: always('P_PRIVILEGED', 'has the whole host'),
  pid: namespace,
  ipc: namespace,
  uts: namespace,
  cgroup: namespace,
  userns_mode: namespace,
  network_mode: networkMode,
  devices: always('P_DEVICE', 'reaches a device of the host'),
  device_cgroup_rules: always('P_DEVICE', 'reaches devices of the host'),
  gpus: always('P_DEVICE', 'reaches devices of the host'),
  runtime: always('P_FIELD', 'chooses what runs the container'),
  cgroup_parent: always('P_FIELD', 'leaves the limits of the engine'),
  annotations: always('P_FIELD', 'speaks to the runtime past the engine'),
  storage_opt: always('P_FIELD', 'changes how the engine stores'),
  oom_score_adj(node) {
    if (node.kind !== 'scalar' || Number(node.value) >= 0) return undefined;
    return { code: 'P_FIELD', message: 'below 0 lets the kernel kill the host’s processes first' };
  },
};

/** Properties with one rule for each of their items. */
const ITEM_RULES: Readonly<Record<string, Rule>> = {
  cap_add(node) {
    const name = text(node).toUpperCase().replace(/^CAP_/, '');
    if (HARMLESS_CAPABILITIES.has(name)) return undefined;
    return { code: 'P_CAP', message: `the capability ${text(node)} gives power over the host` };
  },
  security_opt(node) {
    if (/^no-new-privileges(?:[:=]true)?$/.test(text(node))) return undefined;
    return { code: 'P_SECURITY_OPT', message: `${text(node)} takes a protection away` };
  },
  volumes_from(node) {
    if (!text(node).startsWith('container:')) return undefined;
    return { code: 'P_FOREIGN_CONTAINER', message: `${text(node)} is not of this app` };
  },
  group_add(node) {
    if (!['0', 'root', 'docker'].includes(text(node))) return undefined;
    return { code: 'P_FIELD', message: `the group ${text(node)} has power over the host` };
  },
};

/** What gives a container a hold on its host; the privilege `privileged` allows all of it. */
export function checkPowers(
  reading: Reading,
  service: ComposeNode,
  path: string,
  privileges: readonly string[],
): void {
  if (service.kind !== 'map' || privileges.includes('privileged')) return;
  for (const [key, entry] of service.entries) checkProperty(reading, key, entry, path);
  for (const [name, entry] of entriesOf(service, 'sysctls')) {
    if (OWN_SYSCTL.test(name)) continue;
    const at = joinPath(joinPath(path, 'sysctls'), name);
    reading.atKey('P_FIELD', entry, at, `${name} is a setting of the whole host`, HINT);
  }
  checkReservedDevices(reading, service, path);
  checkHooks(reading, service, path);
}

function checkProperty(reading: Reading, key: string, entry: ComposeEntry, path: string): void {
  const at = joinPath(path, key);
  const found = Object.hasOwn(RULES, key) ? RULES[key]?.(entry.value) : undefined;
  if (found) reading.atKey(found.code, entry, at, `${key} ${found.message}`, HINT);
  const rule = Object.hasOwn(ITEM_RULES, key) ? ITEM_RULES[key] : undefined;
  if (!rule || entry.value.kind !== 'seq') return;
  for (const [index, item] of entry.value.items.entries()) {
    const bad = rule(item);
    if (bad) reading.at(bad.code, item, joinPath(at, index), bad.message, HINT);
  }
}

function checkReservedDevices(reading: Reading, service: ComposeMap, path: string): void {
  const resources = childOf(childOf(service, 'deploy'), 'resources');
  const devices = childOf(childOf(resources, 'reservations'), 'devices');
  if (!devices) return;
  const at = `${path}.deploy.resources.reservations.devices`;
  reading.at('P_DEVICE', devices, at, 'devices reaches devices of the host', HINT);
}

function checkHooks(reading: Reading, service: ComposeMap, path: string): void {
  for (const kind of ['post_start', 'pre_stop']) {
    for (const [index, hook] of itemsOf(service, kind).entries()) {
      const privileged = childOf(hook, 'privileged');
      if (!privileged) continue;
      const at = joinPath(joinPath(path, kind), index);
      reading.at('P_PRIVILEGED', privileged, at, 'a privileged hook has the whole host', HINT);
    }
  }
}
