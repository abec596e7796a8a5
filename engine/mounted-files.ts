import {
  type ComposeFileObject,
  type ComposeFileReference,
  type ComposeModel,
  type ComposeMount,
  compareText,
  type RepositoryFile,
} from '../schemas/domain/index.ts';
import type { FileSource } from './files.ts';

/** A repository file in a container. Always read-only: its bytes are shared by content. */
export interface MountedFile extends FileSource {
  readonly size: number;
  readonly target: string;
  /** What a person calls it, never anything of its content: `web/nginx.conf`, `secret token`. */
  readonly label: string;
}

export interface FilesInput {
  readonly model: ComposeModel;
  readonly service: string;
  /**
   * By the path that stands in the model (`repo:/…`); of configs and secrets with their content in
   * the model by `config:<key>` and `secret:<key>`.
   */
  readonly files: ReadonlyMap<string, RepositoryFile>;
}

const PLAIN_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;
/** What Compose gives configs and secrets. */
const OBJECT_MODE = 0o444;

/**
 * The repository files that a service mounts, by target: those in folders before those that are
 * mounted over them. Planner and body agree through it.
 */
export function mountedFiles(input: FilesInput): readonly MountedFile[] {
  const folders = folderMounts(input).flatMap((mount) => boundFiles(mount, input.files));
  return [...folders, ...singleFiles(input)].sort(byTarget);
}

/** Binds of folders of the repository. */
export function folderMounts({ model, service, files }: FilesInput): readonly ComposeMount[] {
  return (model.services[service]?.volumes ?? []).filter(
    (mount) => !files.has(mount.source ?? '') && boundFiles(mount, files).length > 0,
  );
}

/** Files that are mounted one by one; the later one wins on equal targets. */
export function singleFiles(input: FilesInput): readonly MountedFile[] {
  const service = input.model.services[input.service];
  const mounts = (service?.volumes ?? [])
    .filter((mount) => input.files.has(mount.source ?? ''))
    .flatMap((mount) => boundFiles(mount, input.files));
  const configs = (service?.configs ?? []).flatMap((use) => objectFile('config', use, input));
  const secrets = (service?.secrets ?? []).flatMap((use) => objectFile('secret', use, input));
  const found = new Map(
    [...mounts, ...configs, ...secrets].map((file) => [file.target, file] as const),
  );
  return [...found.values()].sort(byTarget);
}

const byTarget = (a: MountedFile, b: MountedFile): number => compareText(a.target, b.target);

/** The files behind a bind of a repository path: itself, or all below it where it is a folder. */
export function boundFiles(
  mount: ComposeMount,
  files: ReadonlyMap<string, RepositoryFile>,
): readonly MountedFile[] {
  const { source, target } = mount;
  if (mount.type !== 'bind' || source === undefined) return [];
  const file = files.get(source);
  if (file) return [boundFile(file, source, target)];
  const folder = `${source.replace(/\/$/, '')}/`;
  return [...files]
    .filter(([path]) => path.startsWith(folder))
    .map(([path, below]) =>
      boundFile(below, path, `${target.replace(/\/$/, '')}/${path.slice(folder.length)}`),
    );
}

const boundFile = (file: RepositoryFile, path: string, target: string): MountedFile => ({
  sha256: file.sha256,
  size: file.size,
  mode: file.executable ? EXECUTABLE_MODE : PLAIN_MODE,
  uid: 0,
  gid: 0,
  target,
  label: path.replace(/^repo:\/*/, ''),
});

type ObjectKind = 'config' | 'secret';

function objectFile(
  kind: ObjectKind,
  use: ComposeFileReference,
  { model, files }: FilesInput,
): readonly MountedFile[] {
  const object = (kind === 'config' ? model.configs : model.secrets)[use.source];
  const file = files.get(object?.file ?? `${kind}:${use.source}`);
  if (!file) return [];
  const { sha256, size } = file;
  const label = `${kind} ${use.source}`;
  return [{ sha256, size, ...permissions(use), target: objectTarget(kind, use), label }];
}

function permissions(use: ComposeFileReference): { mode: number; uid: number; gid: number } {
  const { mode } = use;
  const bits = typeof mode === 'string' ? Number.parseInt(mode, 8) : (mode ?? OBJECT_MODE);
  return { mode: bits & 0o777, uid: Number(use.uid ?? 0), gid: Number(use.gid ?? 0) };
}

/** Compose puts configs at the root and secrets in `/run/secrets` unless the target is a path. */
export function objectTarget(kind: ObjectKind, use: ComposeFileReference): string {
  const name = use.target ?? use.source;
  if (name.startsWith('/')) return name;
  return kind === 'config' ? `/${name}` : `/run/secrets/${name}`;
}

/** A config or secret that is a file outside the repository, as Compose mounts it. */
export function hostFile(
  object: ComposeFileObject | undefined,
  files: ReadonlyMap<string, RepositoryFile>,
): string | undefined {
  return object?.file !== undefined && !files.has(object.file) ? object.file : undefined;
}
