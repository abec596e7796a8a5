import { posix } from 'node:path';
import type { Code } from '../codes.ts';
import type { ParsedYaml } from '../yaml/parse.ts';

/** What a path holds. `later`: not at hand yet; the whole load is done again when it is. */
export type FileRead =
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly yaml?: ParsedYaml }
  | { readonly kind: 'missing' }
  | { readonly kind: 'later' }
  | {
      readonly kind: 'refused';
      readonly code: Code;
      readonly message: string;
      readonly hint?: string;
    };

/** Reads one file. `yaml`: its parsed form is wanted too, where the reader keeps one. */
export type ReadFile = (path: string, wanted: 'bytes' | 'yaml') => FileRead;

/** What a path of the repository is, without reading it. */
export type PathKind =
  | { readonly kind: 'file'; readonly size: number }
  | { readonly kind: 'directory' | 'missing' }
  | Extract<FileRead, { kind: 'refused' }>;

/** A repository tree, where files are shipped to hosts instead of being there already. */
export interface Repository {
  readonly kindOf: (path: string) => PathKind;
  /** Everything below a folder, by path. */
  readonly below: (path: string) => readonly string[];
  /** Folder that holds everything the app may refer to; `''` = the whole repository. */
  readonly reach: string;
}

/** What Compose would fetch from somewhere else. */
export const REMOTE = /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|oci:|github\.com\/)/i;

export type ResolvedPath =
  | { readonly path: string }
  | { readonly code: Code; readonly message: string; readonly hint?: string };

/**
 * A path of a Compose file, relative to `directory` -> a path of the repository. Nothing leaves
 * `reach`, by whatever spelling.
 */
export function repositoryPath(written: string, directory: string, reach: string): ResolvedPath {
  if (REMOTE.test(written)) {
    const message = 'only files of the repository can be used, nothing remote';
    return { code: 'E_FIELD_NOT_ALLOWED', message };
  }
  const outside = (message: string): ResolvedPath => ({
    code: 'E_PATH_OUTSIDE_PROJECT',
    message: `${JSON.stringify(written)} ${message}`,
    hint: 'an app may use files in its own folder, below it, and one folder above',
  });
  if (/[\0\\]|%2e|%2f/i.test(written)) return outside('is not a plain relative path');
  if (written.startsWith('/') || written.startsWith('~')) return outside('is not relative');
  const path = posix.normalize(posix.join(directory, written)).replace(/\/$/, '');
  if (path === '..' || path.startsWith('../')) return outside('leaves the repository');
  if (reach !== '' && path !== reach && !path.startsWith(`${reach}/`)) {
    return outside('leads too far up');
  }
  return { path: path === '.' ? '' : path };
}
