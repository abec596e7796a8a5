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
const API_IMAGE_MOUNTS = '1.48';
const API_INTERFACE_NAMES = '1.49';
const INTERFACE_NAME = 'com.docker.network.endpoint.ifname';

/** The body for an engine of that API version; equal for every engine from API 1.45. */
export function bodyForApi(body: EngineBody, apiVersion: string): ApiBody {
  const unsupported = [
    ...(atLeast(apiVersion, API_SUBPATHS) ? [] : subpaths(body)),
    ...(atLeast(apiVersion, API_IMAGE_MOUNTS) ? [] : imageMounts(body)),
    ...(atLeast(apiVersion, API_INTERFACE_NAMES) ? [] : interfaceNames(body)),
    ...(atLeast(apiVersion, API_MANY_NETWORKS) ? [] : startIntervals(body)),
  ];
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
  readonly Type?: string;
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

function imageMounts(body: EngineBody): readonly string[] {
  const mounts = (body as Parts).HostConfig?.Mounts ?? [];
  return mounts
    .filter((mount) => mount.Type === 'image')
    .map((mount) => `the image at ${mount.Target} needs Docker 28 (API ${API_IMAGE_MOUNTS})`);
}

function interfaceNames(body: EngineBody): readonly string[] {
  const endpoints = Object.entries((body as Parts).NetworkingConfig?.EndpointsConfig ?? {});
  return endpoints
    .filter(([, endpoint]) => {
      const options = (endpoint['DriverOpts'] ?? {}) as Readonly<Record<string, unknown>>;
      return INTERFACE_NAME in options;
    })
    .map(([name]) => `interface_name on ${name} needs Docker 28.1 (API ${API_INTERFACE_NAMES})`);
}

function startIntervals(body: EngineBody): readonly string[] {
  const check = body['Healthcheck'] as Readonly<Record<string, unknown>> | undefined;
  return check?.['StartInterval']
    ? [`healthcheck.start_interval needs Docker 25 (API ${API_MANY_NETWORKS})`]
    : [];
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
  const { MacAddress, ...endpoint } = first;
  const EndpointsConfig = { [primary]: endpoint };
  const mac = MacAddress === undefined ? {} : { MacAddress };
  return {
    body: { ...body, ...mac, NetworkingConfig: { ...NetworkingConfig, EndpointsConfig } },
    connectLater: new Map(rest),
  };
}
