import type { ComposeModel, ComposeMount, EngineBody } from '../../schemas/domain/index.ts';
import { compact } from '../body.ts';
import { volumeName } from '../names.ts';
import { stackLabels } from './labels.ts';

/** A group of cluster volumes belongs to no stack. */
const GROUP = 'group:';

/** Mounts as `docker stack deploy` sends them: all of them in full, in the order of the file. */
export const swarmMounts = (
  model: ComposeModel,
  mounts: readonly ComposeMount[],
): readonly EngineBody[] => mounts.map((mount) => swarmMount(model, mount));

function swarmMount(model: ComposeModel, mount: ComposeMount): EngineBody {
  const { type, target, read_only, consistency, bind, tmpfs } = mount;
  const common = compact({
    Type: type,
    Source: sourceOf(model, mount),
    Target: target,
    ReadOnly: read_only,
    Consistency: consistency,
  });
  switch (type) {
    case 'volume':
      return { ...common, ...compact({ VolumeOptions: volumeOptions(model, mount) }) };
    case 'bind':
    case 'npipe':
      return {
        ...common,
        ...compact({ BindOptions: compact({ Propagation: bind?.propagation }) }),
      };
    case 'tmpfs': {
      const SizeBytes = Number(tmpfs?.size ?? 0);
      return { ...common, ...compact({ TmpfsOptions: compact({ SizeBytes }) }) };
    }
    case 'cluster':
      return { ...common, ClusterOptions: {} };
    case 'image':
      return common;
  }
}

function sourceOf(model: ComposeModel, { type, source }: ComposeMount): string | undefined {
  if (source === undefined || (type !== 'volume' && type !== 'cluster')) return source;
  return source.startsWith(GROUP) ? source : volumeName(model, source);
}

/** A named volume is made on the node with what the file says of it; an external one is there. */
function volumeOptions(model: ComposeModel, { source, volume }: ComposeMount): EngineBody {
  if (source === undefined) return {};
  const declared = model.volumes[source];
  return compact({
    NoCopy: volume?.nocopy,
    Subpath: volume?.subpath,
    ...(!declared?.external && {
      Labels: stackLabels(model, declared?.labels),
      DriverConfig: compact({ Name: declared?.driver, Options: declared?.driver_opts }),
    }),
  });
}
