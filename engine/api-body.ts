import type { EngineBody } from '../schemas/domain/index.ts';
import { atLeast } from './version.ts';

/** A create request as one engine takes it. */
export interface ApiBody {
  readonly body: EngineBody;
  /** Networks to connect after the create, by name, for an engine that takes only one with it. */
  readonly connectLater: ReadonlyMap<string, EngineBody>;
  /** What this engine cannot do and would pass over in silence. */
  readonly unsupported: readonly string[];
}

const API_MOUNTPOINTS = '1.42';
const API_MANY_NETWORKS = '1.44';
const API_SUBPATHS = '1.45';

/** The body for an engine of that API version; equal for every engine from API 1.45. */
export function bodyForApi(body: EngineBody, apiVersion: string): ApiBody {
  const unsupported = atLeast(apiVersion, API_SUBPATHS) ? [] : subpaths(body);
  const mounted = atLeast(apiVersion, API_MOUNTPOINTS) ? body : withoutMountpoints(body);
  if (atLeast(apiVersion, API_MANY_NETWORKS)) {
    return { body: mounted, connectLater: new Map(), unsupported };
  }
  return { ...oneNetwork(mounted), unsupported };
}

interface Parts {
  readonly HostConfig?: { readonly NetworkMode?: string; readonly Mounts?: readonly Mount[] };
  readonly NetworkingConfig?: { readonly EndpointsConfig?: Readonly<Record<string, EngineBody>> };
}

interface Mount {
  readonly Target?: string;
  readonly BindOptions?: Readonly<Record<string, unknown>>;
  readonly VolumeOptions?: { readonly Subpath?: string };
}

function subpaths(body: EngineBody): readonly string[] {
  const mounts = (body as Parts).HostConfig?.Mounts ?? [];
  return mounts
    .filter((mount) => mount.VolumeOptions?.Subpath !== undefined)
    .map((mount) => `volume.subpath of ${mount.Target} needs Docker 26 (API ${API_SUBPATHS})`);
}

/** Before it, a mount whose source is missing is refused; that stays visible as MountFailed. */
function withoutMountpoints(body: EngineBody): EngineBody {
  const { HostConfig } = body as Parts;
  if (!HostConfig?.Mounts?.some((mount) => mount.BindOptions?.['CreateMountpoint'])) return body;
  const Mounts = HostConfig.Mounts.map((mount) => {
    const { CreateMountpoint: _unknown, ...BindOptions } = mount.BindOptions ?? {};
    return mount.BindOptions ? { ...mount, BindOptions } : mount;
  });
  return { ...body, HostConfig: { ...HostConfig, Mounts } };
}

function oneNetwork(body: EngineBody): Omit<ApiBody, 'unsupported'> {
  const { HostConfig, NetworkingConfig } = body as Parts;
  const endpoints = NetworkingConfig?.EndpointsConfig ?? {};
  const primary = HostConfig?.NetworkMode ?? '';
  const first = endpoints[primary];
  if (!first) return { body, connectLater: new Map() };
  const rest = Object.entries(endpoints).filter(([name]) => name !== primary);
  const EndpointsConfig = { [primary]: first };
  return {
    body: { ...body, NetworkingConfig: { ...NetworkingConfig, EndpointsConfig } },
    connectLater: new Map(rest),
  };
}
