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
