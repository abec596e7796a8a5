import type {
  ComposeAttachment,
  ComposeModel,
  ComposePort,
  ComposeService,
  EngineBody,
  RepositoryFile,
} from '../schemas/domain/index.ts';
import { compact } from './body.ts';
import { capabilities } from './capabilities.ts';
import { durationNs } from './duration.ts';
import { environment } from './environment.ts';
import { healthcheckBody } from './healthcheck.ts';
import { engineMounts } from './mounts.ts';
import { mutableConfig, mutableMembers } from './mutable.ts';
import { containerName, networkKeys, networkName } from './names.ts';
import { links, sharedNamespace, volumesFrom } from './references.ts';
import { resourceMembers } from './resources.ts';

export interface ContainerInput {
  readonly model: ComposeModel;
  readonly service: string;
  /** From 1. */
  readonly number: number;
  readonly files: ReadonlyMap<string, RepositoryFile>;
  /** A reference, a digest or an id. */
  readonly image: string;
}

const NS_PER_S = 1e9;
/** Of `security_opt`, but the engine knows it as two lists. */
const UNCONFINED_PATHS = 'systempaths=unconfined';
const INTERFACE_NAME = 'com.docker.network.endpoint.ifname';

/**
 * The create request Compose would send (decision 20), without the labels it keeps its books with.
 * Every network of the service is in it; the agent connects the further ones by itself where the
 * engine takes only one (API before 1.44).
 * @throws TypeError for a service that the model does not have.
 */
export function containerRequest(input: ContainerInput): { name: string; body: EngineBody } {
  const { model, number, image } = input;
  const service = model.services[input.service];
  if (!service) throw new TypeError(`no service ${JSON.stringify(input.service)}`);
  const name = containerName(model, input.service, number);
  const body = compact({
    Hostname: service.hostname,
    Domainname: service.domainname,
    User: service.user,
    AttachStdout: true,
    AttachStderr: true,
    Tty: service.tty,
    OpenStdin: service.stdin_open,
    Env: environment(service),
    Healthcheck: service.healthcheck && healthcheckBody(service.healthcheck),
    Image: image,
    WorkingDir: service.working_dir,
    Labels: service.labels,
    StopSignal: service.stop_signal,
    NetworkDisabled: service.network_mode === 'disabled',
    ExposedPorts: exposedPorts(service),
    HostConfig: hostConfig(input, service),
    // A network mode leaves no network to join.
    ...(service.network_mode === undefined && {
      NetworkingConfig: { EndpointsConfig: endpoints(input, name) },
    }),
  });
  return { name, body: { ...body, ...commandOf(service), ...stopTimeout(service) } };
}

/** An empty list clears what the image says; that is not the same as leaving it out. */
function commandOf({ command, entrypoint }: ComposeService): EngineBody {
  return {
    ...(command && { Cmd: command }),
    ...(entrypoint && { Entrypoint: entrypoint }),
  };
}

/** No grace at all (0) differs from the engine's own 10 s (unset). */
function stopTimeout({ stop_grace_period: grace }: ComposeService): EngineBody {
  return grace === undefined ? {} : { StopTimeout: Math.floor(durationNs(grace) / NS_PER_S) };
}

const portKey = (port: ComposePort): string => `${port.target}/${port.protocol}`;

function exposedPorts({ expose, ports }: ComposeService): EngineBody {
  const keys = [...(expose ?? []), ...(ports ?? []).map(portKey)];
  return Object.fromEntries(keys.map((key) => [key, {}]));
}

function portBindings(ports: readonly ComposePort[]): EngineBody {
  const bindings = new Map<string, EngineBody[]>();
  for (const port of ports) {
    const key = portKey(port);
    const binding = compact({ HostIp: port.host_ip, HostPort: port.published });
    bindings.set(key, [...(bindings.get(key) ?? []), binding]);
  }
  return Object.fromEntries(bindings);
}

function hostConfig(input: ContainerInput, service: ComposeService): EngineBody {
  const { model, number } = input;
  const [primary = 'default'] = networkKeys(model, input.service);
  const { driver, options } = service.logging ?? {};
  const body = compact({
    ...engineMounts(input),
    ...resourceMembers(service),
    ...isolation(model, service),
    VolumesFrom: volumesFrom(model, service),
    Tmpfs: tmpfs(service),
    LogConfig: compact({ Type: driver, Config: options }),
    Links: links(model, service, number),
    Dns: service.dns,
    DnsOptions: service.dns_opt,
    DnsSearch: service.dns_search,
    Annotations: service.annotations,
    NetworkMode: sharedNamespace(model, service.network_mode) ?? networkName(model, primary),
    PortBindings: portBindings(service.ports ?? []),
    ReadonlyRootfs: service.read_only,
    ExtraHosts: (service.extra_hosts ?? []).map((entry) => entry.replace('=', ':')),
    ...mutableMembers(mutableConfig(service)),
    // Compose leaves it out where nothing is said; the engine's default is the same.
    ...(!(service.restart || service.deploy?.restart_policy) && { RestartPolicy: undefined }),
  });
  return {
    ...body,
    // `init: false` is said aloud: the engine may be set up to add one.
    ...(service.init !== undefined && { Init: service.init }),
    // So is that there is no limit.
    ...(pidsWritten(service) === UNLIMITED && { PidsLimit: UNLIMITED }),
    // No list is the engine's own; an empty one hides nothing.
    ...(service.security_opt?.includes(UNCONFINED_PATHS) && {
      MaskedPaths: [],
      ReadonlyPaths: [],
    }),
  };
}

const UNLIMITED = -1;

const pidsWritten = ({ deploy, pids_limit }: ComposeService): number | undefined =>
  deploy?.resources?.limits?.pids || pids_limit;

function isolation(model: ComposeModel, service: ComposeService): EngineBody {
  return {
    CapAdd: capabilities(service.cap_add ?? []),
    CapDrop: capabilities(service.cap_drop ?? []),
    CgroupnsMode: service.cgroup,
    GroupAdd: service.group_add,
    IpcMode: sharedNamespace(model, service.ipc),
    Isolation: service.isolation,
    PidMode: sharedNamespace(model, service.pid),
    Privileged: service.privileged,
    Runtime: service.runtime,
    SecurityOpt: (service.security_opt ?? []).filter((option) => option !== UNCONFINED_PATHS),
    Sysctls: service.sysctls,
    UTSMode: service.uts,
    UsernsMode: service.userns_mode,
  };
}

function tmpfs(service: ComposeService): EngineBody {
  const entries = (service.tmpfs ?? []).map((text) => {
    const colon = text.indexOf(':');
    return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  });
  return Object.fromEntries(entries);
}

function endpoints({ model, service, number }: ContainerInput, name: string): EngineBody {
  const spec = model.services[service];
  const attached = spec?.networks ?? { default: null };
  const own = [name, service];
  const linked = spec ? links(model, spec, number) : [];
  const keys = networkKeys(model, service);
  return Object.fromEntries(
    keys.map((key) => {
      const attachment = attached[key] ?? {};
      // The service's own address is that of its first network.
      const mac = key === keys[0] ? spec?.mac_address : undefined;
      const endpoint = compact({
        ...endpointMembers(attachment),
        MacAddress: attachment.mac_address || mac,
        Links: linked,
        Aliases: [...own, ...(attachment.aliases ?? [])],
      });
      return [networkName(model, key), endpoint];
    }),
  );
}

/** The IPv6 address stands a second time, as a gateway: so does Compose, and engines pass it over. */
function endpointMembers(attachment: ComposeAttachment): EngineBody {
  const { ipv4_address, ipv6_address, interface_name, driver_opts } = attachment;
  return {
    IPAMConfig: compact({
      IPv4Address: ipv4_address,
      IPv6Address: ipv6_address,
      LinkLocalIPs: attachment.link_local_ips,
    }),
    IPAddress: ipv4_address,
    IPv6Gateway: ipv6_address,
    DriverOpts: { ...driver_opts, ...(interface_name && { [INTERFACE_NAME]: interface_name }) },
    GwPriority: attachment.gw_priority,
  };
}
