import type {
  ComposeHealthcheck,
  ComposeModel,
  ComposePort,
  ComposeService,
  EngineBody,
  RepositoryFile,
} from '../schemas/domain/index.ts';
import { compact } from './body.ts';
import { durationNs } from './duration.ts';
import { engineMounts } from './mounts.ts';
import { mutableConfig, mutableMembers } from './mutable.ts';
import { containerName, networkKeys, networkName } from './names.ts';

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
    User: service.user,
    AttachStdout: true,
    AttachStderr: true,
    Tty: service.tty,
    OpenStdin: service.stdin_open,
    Env: environment(service),
    Healthcheck: service.healthcheck && healthcheck(service.healthcheck),
    Image: image,
    WorkingDir: service.working_dir,
    Labels: service.labels,
    StopSignal: service.stop_signal,
    ExposedPorts: exposedPorts(service),
    HostConfig: hostConfig(input, service),
    NetworkingConfig: { EndpointsConfig: endpoints(input, name) },
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

/** A name without a value takes the image's variable away. */
function environment({ environment: variables }: ComposeService): readonly string[] {
  return Object.entries(variables ?? {}).map(([name, value]) =>
    value === null ? name : `${name}=${value}`,
  );
}

/** No grace at all (0) differs from the engine's own 10 s (unset). */
function stopTimeout({ stop_grace_period: grace }: ComposeService): EngineBody {
  return grace === undefined ? {} : { StopTimeout: Math.floor(durationNs(grace) / NS_PER_S) };
}

function healthcheck(check: ComposeHealthcheck): EngineBody {
  if (check.disable) return { Test: ['NONE'] };
  const ns = (text: string | undefined) => (text === undefined ? 0 : durationNs(text));
  return compact({
    Test: check.test,
    Interval: ns(check.interval),
    Timeout: ns(check.timeout),
    StartPeriod: ns(check.start_period),
    StartInterval: ns(check.start_interval),
    Retries: check.retries,
  });
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
  const [primary = 'default'] = networkKeys(input.model, input.service);
  return compact({
    ...engineMounts(input),
    NetworkMode: networkName(input.model, primary),
    PortBindings: portBindings(service.ports ?? []),
    ReadonlyRootfs: service.read_only,
    // `init: false` is said aloud: the engine may be set up to add one.
    ...(service.init !== undefined && { Init: service.init }),
    ExtraHosts: (service.extra_hosts ?? []).map((entry) => entry.replace('=', ':')),
    ...mutableMembers(mutableConfig(service)),
    // Compose leaves it out where nothing is said; the engine's default is the same.
    ...(service.restart === undefined && { RestartPolicy: undefined }),
  });
}

function endpoints({ model, service }: ContainerInput, name: string): EngineBody {
  const attached = model.services[service]?.networks ?? { default: null };
  return Object.fromEntries(
    networkKeys(model, service).map((key) => {
      const { aliases = [], ipv4_address, ipv6_address } = attached[key] ?? {};
      const address = compact({ IPv4Address: ipv4_address, IPv6Address: ipv6_address });
      const endpoint = compact({
        IPAMConfig: address,
        IPAddress: ipv4_address,
        Aliases: [name, service, ...aliases],
      });
      return [networkName(model, key), endpoint];
    }),
  );
}
