import { posix } from 'node:path';
import {
  type ComposeEntry,
  type ComposeNode,
  childOf,
  mapAt,
  scalarAt,
  seqAt,
  textOf,
} from './node.ts';

/** Where relative paths start on a machine. */
export interface HostPlace {
  readonly directory: string;
  /** What `~` stands for; without it `~` is a name like any other. */
  readonly home?: string;
}

/** `./data` -> `/srv/shop/data`; an absolute path, of Windows too, stays as it is written. */
export function hostPath(written: string, { directory, home }: HostPlace): string {
  if (written.startsWith('/') || isWindowsAbsolute(written)) return written;
  if (home !== undefined && written.startsWith('~')) return posix.join(home, written.slice(1));
  return posix.join(directory, written).replace(/(?!^)\/$/, '');
}

const isWindowsAbsolute = (written: string): boolean =>
  /^(?:.:[\\/]|[\\/]{2}[^\\/]+[\\/]+[^\\/]+)/.test(written);

/** A path of which Compose leaves an empty one as it is. */
const somePath = (written: string, place: HostPlace): string =>
  written === '' ? '' : hostPath(written, place);

const REMOTE = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|github\.com\/|git@)/;

function contextPath(written: string, place: HostPlace): string {
  const elsewhere = written.includes('://') || written.startsWith('service:');
  return elsewhere || REMOTE.test(written) ? written : somePath(written, place);
}

/** Contexts of builds, and what is watched; undefined = on no machine. */
export function resolveBuilds(service: ComposeNode, place: HostPlace | undefined): ComposeNode {
  if (!place) return service;
  return withMembers(service, {
    build: (build) =>
      withMembers(build, {
        context: (context) => withText(context, (text) => contextPath(text, place)),
        additional_contexts: (contexts) =>
          eachMember(contexts, (one) => withText(one, (text) => contextPath(text, place))),
        ssh: (keys) => eachItem(keys, (key) => withText(key, (text) => socketPath(text, place))),
      }),
    develop: (develop) =>
      withMembers(develop, {
        watch: (watches) =>
          eachItem(watches, (watch) =>
            withMembers(watch, {
              path: (path) => withText(path, (text) => somePath(text, place)),
            }),
          ),
      }),
  });
}

function socketPath(written: string, place: HostPlace): string {
  const cut = written.indexOf('=');
  if (cut < 0) return written;
  return `${written.slice(0, cut + 1)}${hostPath(written.slice(cut + 1), place)}`;
}

/** A local volume that is a bind by another name. */
export function resolveDevice(volume: ComposeNode, place: HostPlace): ComposeNode {
  const options = childOf(volume, 'driver_opts');
  if (textOf(volume, 'driver') !== 'local' || textOf(options, 'o') !== 'bind') return volume;
  return withMembers(volume, {
    driver_opts: (found) =>
      withMembers(found, {
        device: (device) => withText(device, (text) => hostPath(text, place)),
      }),
  });
}

type Change = (node: ComposeNode) => ComposeNode;

function withMembers(node: ComposeNode, changes: Readonly<Record<string, Change>>): ComposeNode {
  if (node.kind !== 'map') return node;
  const entries = new Map<string, ComposeEntry>(node.entries);
  for (const [key, change] of Object.entries(changes)) {
    const entry = entries.get(key);
    if (entry) entries.set(key, { ...entry, value: change(entry.value) });
  }
  return mapAt(node, entries);
}

function eachMember(node: ComposeNode, change: Change): ComposeNode {
  if (node.kind !== 'map') return node;
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { ...entry, value: change(entry.value) }] as const,
  );
  return mapAt(node, new Map(entries));
}

const eachItem = (node: ComposeNode, change: Change): ComposeNode =>
  node.kind === 'seq' ? seqAt(node, node.items.map(change)) : node;

const withText = (node: ComposeNode, change: (text: string) => string): ComposeNode =>
  node.kind === 'scalar' && typeof node.value === 'string'
    ? scalarAt(node, change(node.value))
    : node;
