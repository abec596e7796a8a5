import type {
  ComposeModel,
  ComposeMount,
  ComposeService,
  RepositoryFile,
} from '../schemas/domain/index.ts';
import { compact } from './body.ts';
import { fileSource } from './files.ts';
import { boundFiles, hostFile, objectTarget, singleFiles } from './mounted-files.ts';
import { isLive, mountedTrees } from './mounted-trees.ts';
import { volumeName } from './names.ts';

export interface MountsInput {
  readonly model: ComposeModel;
  readonly service: string;
  readonly files: ReadonlyMap<string, RepositoryFile>;
}

interface EngineMounts {
  readonly Binds: readonly string[];
  readonly Mounts: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Binds and Mounts as Compose divides them: plain binds and volumes as text, since only that form
 * makes a missing host folder; everything with options as a mount. Later wins on equal targets.
 */
export function engineMounts(input: MountsInput): EngineMounts {
  const service = input.model.services[input.service];
  const byTarget = new Map<string, string | Readonly<Record<string, unknown>>>();
  for (const mount of service?.volumes ?? []) {
    if (boundFiles(mount, input.files).length > 0) continue;
    byTarget.set(mount.target, isMount(mount) ? asMount(mount, input) : asBind(mount, input));
  }
  for (const { source, target } of hostObjects(service, input)) {
    if (byTarget.has(target)) continue;
    byTarget.set(target, { Type: 'bind', Source: source, Target: target, ReadOnly: true });
  }
  const files = isLive(service)
    ? []
    : singleFiles(input).map((file) => ({ target: file.target, source: fileSource(file) }));
  for (const { source, target } of [...mountedTrees(input), ...files]) {
    byTarget.set(target, { Type: 'bind', Source: source, Target: target, ReadOnly: true });
  }
  const all = [...byTarget.values()];
  return {
    Binds: all.filter((entry) => typeof entry === 'string'),
    Mounts: all.filter((entry) => typeof entry !== 'string'),
  };
}

/** Options that the textual form cannot carry. */
function isMount({ type, source, bind, volume }: ComposeMount): boolean {
  switch (type) {
    case 'tmpfs':
      return true;
    case 'volume':
      return source === undefined || Object.values(volume ?? {}).some(Boolean);
    case 'bind':
      return (
        bind !== undefined &&
        (bind.create_host_path !== true || Boolean(bind.propagation) || Boolean(bind.recursive))
      );
    case 'npipe':
    case 'cluster':
    case 'image':
      return true;
  }
}

function asBind(mount: ComposeMount, { model }: MountsInput): string {
  const { read_only, bind, volume } = mount;
  const options = [read_only ? 'ro' : 'rw', bind?.selinux, volume?.nocopy && 'nocopy']
    .filter(Boolean)
    .join(',');
  return `${engineSource(mount, model)}:${mount.target}:${options}`;
}

function asMount(mount: ComposeMount, { model }: MountsInput): Readonly<Record<string, unknown>> {
  const { bind, volume, tmpfs, image } = mount;
  return compact({
    Type: mount.type,
    Source: engineSource(mount, model),
    Target: mount.target,
    ReadOnly: mount.read_only,
    Consistency: mount.consistency,
    BindOptions: compact({
      Propagation: bind?.propagation,
      CreateMountpoint: bind?.create_host_path,
      NonRecursive: bind?.recursive === 'disabled',
      ReadOnlyNonRecursive: bind?.recursive === 'writable',
      ReadOnlyForceRecursive: bind?.recursive === 'readonly',
    }),
    VolumeOptions: compact({
      NoCopy: volume?.nocopy,
      Labels: volume?.labels,
      Subpath: volume?.subpath,
    }),
    ImageOptions: compact({ Subpath: image?.subpath }),
    TmpfsOptions: compact({
      SizeBytes: tmpfs?.size === undefined ? 0 : Number(tmpfs.size),
      Mode: tmpfs?.mode,
    }),
  });
}

function engineSource({ type, source }: ComposeMount, model: ComposeModel): string | undefined {
  if (type !== 'volume' || source === undefined) return source;
  return model.volumes[source] ? volumeName(model, source) : source;
}

function hostObjects(service: ComposeService | undefined, { model, files }: MountsInput) {
  const configs = (service?.configs ?? []).map((use) => ({
    source: hostFile(model.configs[use.source], files),
    target: objectTarget('config', use),
  }));
  const secrets = (service?.secrets ?? []).map((use) => ({
    source: hostFile(model.secrets[use.source], files),
    target: objectTarget('secret', use),
  }));
  return [...configs, ...secrets].flatMap(({ source, target }) =>
    source === undefined ? [] : [{ source, target }],
  );
}
