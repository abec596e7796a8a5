import {
  type ComposeMount,
  type ComposeService,
  canonicalText,
  compareText,
  sha256,
  type TreeEntry,
} from '../schemas/domain/index.ts';
import { treeSource } from './files.ts';
import {
  boundFiles,
  type FilesInput,
  folderMounts,
  type MountedFile,
  mountedFiles,
  singleFiles,
} from './mounted-files.ts';

/** Files that are mounted as one: a folder, or a file whose content changes in place. */
export interface MountedTree {
  /** As it stands in the body. */
  readonly source: string;
  readonly target: string;
  /** False: one file, which is the only entry, with the empty path. */
  readonly folder: boolean;
  readonly entries: readonly TreeEntry[];
}

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** Whether its containers see new content of their files without being made anew. */
export function isLive(service: ComposeService | undefined): boolean {
  return (service?.['x-skep']?.onChange ?? 'recreate') !== 'recreate';
}

/** The folders that a service mounts, and its single files too where it is live; by target. */
export function mountedTrees(input: FilesInput): readonly MountedTree[] {
  const service = input.model.services[input.service];
  const folders = folderMounts(input).map((mount) => folderTree(mount, input));
  const files = isLive(service) ? singleFiles(input).map((file) => fileTree(file, input)) : [];
  const found = new Map([...folders, ...files].map((tree) => [tree.target, tree] as const));
  return [...found.values()].sort((a, b) => compareText(a.target, b.target));
}

function folderTree(mount: ComposeMount, input: FilesInput): MountedTree {
  const target = trimmed(mount.target);
  const entries = boundFiles(mount, input.files).map((file) => ({
    path: file.target.slice(target.length + 1),
    ...contentOf(file),
  }));
  const known = new Set(entries.map(({ path }) => path));
  const points = mountPoints(target, input).filter(
    ({ path }) => !known.has(path) && !entries.some((entry) => isBelow(entry.path, path)),
  );
  const all = [...entries, ...points].sort((a, b) => compareText(a.path, b.path));
  return { source: sourceOf(target, all, input), target, folder: true, entries: all };
}

/**
 * The folder is read-only: what else is mounted in it needs its place there beforehand. The engine
 * cannot make it.
 */
function mountPoints(folder: string, input: FilesInput): readonly TreeEntry[] {
  const service = input.model.services[input.service];
  const files = singleFiles(input).map(({ target }) => target);
  const folders = [
    ...(service?.volumes ?? []).map(({ target }) => target),
    ...(service?.tmpfs ?? []).map((text) => text.split(':', 1)[0] ?? ''),
  ];
  const within = (targets: readonly string[]) =>
    [...new Set(targets.map(trimmed))]
      .filter((target) => target !== folder && isBelow(target, folder))
      .map((target) => target.slice(folder.length + 1));
  const placed = new Set(within(files));
  return [
    ...[...placed].map((path) => ({ path, sha256: sha256(''), mode: FILE_MODE, uid: 0, gid: 0 })),
    ...within(folders)
      .filter((path) => !placed.has(path))
      .map((path) => ({ path, mode: FOLDER_MODE, uid: 0, gid: 0 })),
  ];
}

function fileTree(file: MountedFile, input: FilesInput): MountedTree {
  const entries = [{ path: '', ...contentOf(file) }];
  return {
    source: sourceOf(file.target, entries, input),
    target: file.target,
    folder: false,
    entries,
  };
}

function sourceOf(
  target: string,
  entries: readonly TreeEntry[],
  { model, service }: FilesInput,
): string {
  if (!isLive(model.services[service])) {
    return treeSource({ kind: 'tree', key: sha256(canonicalText(entries)) });
  }
  // The engine's project name is one app's alone on a host, and outlives a new name of the app.
  const key = sha256(canonicalText([model.name, service, target]));
  return treeSource({ kind: 'live', key });
}

/**
 * What a live service's containers should have been told of: target -> a digest of the file's
 * content and permissions. Undefined where new content makes a new container.
 */
export function filesRecord(input: FilesInput): Readonly<Record<string, string>> | undefined {
  if (!isLive(input.model.services[input.service])) return undefined;
  const entries = mountedFiles(input).map((file) => {
    const digest = sha256(canonicalText([input.model.name, file.target, contentOf(file)]));
    return [recordKey(file.target), digest.slice(0, DIGEST_LENGTH)] as const;
  });
  return Object.fromEntries(entries);
}

/** The target itself where it passes through every text unchanged. */
export const recordKey = (target: string): string =>
  /^[ -~]{1,256}$/.test(target) ? target : sha256(target);

const DIGEST_LENGTH = 32;

const contentOf = ({ sha256: hash, mode, uid, gid }: MountedFile) => ({
  sha256: hash,
  mode,
  uid,
  gid,
});

const trimmed = (path: string): string => path.replace(/(?!^)\/+$/, '');

const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
