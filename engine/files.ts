import type { Sha256 } from '../schemas/domain/index.ts';

/** A repository file as a container sees it: its content, permission bits and owner. */
export interface FileSource {
  readonly sha256: Sha256;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const SOURCE = /^skep-file:([0-9a-f]{64}):([0-7]{1,4}):(\d{1,10}):(\d{1,10})$/;

/**
 * A mounted repository file as it stands in an engine body: `skep-file:<sha256>:<mode, octal>:
 * <uid>:<gid>`. The agent puts its own path there, so that bodies are equal on every host.
 */
export const fileSource = (file: FileSource): string =>
  `skep-file:${file.sha256}:${file.mode.toString(8)}:${file.uid}:${file.gid}`;

/**
 * A folder, or what changes while it is mounted, as it stands in an engine body. `tree`: a folder
 * by its content, which never changes. `live`: a file or folder by where it is mounted; its
 * content is put there in place, so that a container sees it without being made anew.
 */
export interface TreeSource {
  readonly kind: 'tree' | 'live';
  /** SHA-256, hex. */
  readonly key: string;
}

const TREE = /^skep-(tree|live):([0-9a-f]{64})$/;

export const treeSource = ({ kind, key }: TreeSource): string => `skep-${kind}:${key}`;

/** Undefined for any other mount source. */
export function parseTreeSource(source: string): TreeSource | undefined {
  const [, kind, key] = TREE.exec(source) ?? [];
  if ((kind !== 'tree' && kind !== 'live') || !key) return undefined;
  return { kind, key };
}

/** Undefined for any other mount source. */
export function parseFileSource(source: string): FileSource | undefined {
  const [, sha256, mode, uid, gid] = SOURCE.exec(source) ?? [];
  if (!sha256 || !mode || !uid || !gid) return undefined;
  return {
    sha256: sha256 as Sha256,
    mode: Number.parseInt(mode, 8),
    uid: Number(uid),
    gid: Number(gid),
  };
}
