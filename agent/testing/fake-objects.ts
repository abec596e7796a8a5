import type { ContainerHealth, ContainerState, EngineBody } from '../../schemas/domain/index.ts';

/** The parts of a create body that the fake heeds. */
export interface FakeBody {
  readonly Image?: string;
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopTimeout?: number;
  readonly Healthcheck?: { readonly Test?: readonly string[] };
  readonly HostConfig?: FakeHostConfig;
  readonly NetworkingConfig?: { readonly EndpointsConfig?: Readonly<Record<string, FakeEndpoint>> };
}

export interface FakeHostConfig {
  readonly NetworkMode?: string;
  readonly Binds?: readonly string[];
  readonly Mounts?: readonly { Type?: string; Source?: string; Target?: string }[];
  readonly PortBindings?: Readonly<
    Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[]>
  >;
  readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
  readonly Memory?: number;
  readonly MemorySwap?: number;
}

export interface FakeEndpoint {
  readonly Aliases?: readonly string[];
}

export interface FakeContainer {
  readonly id: string;
  name: string;
  readonly imageId: string;
  readonly body: FakeBody;
  hostConfig: FakeHostConfig;
  state: ContainerState;
  exitCode: number;
  error: string;
  restartCount: number;
  startedAt: string;
  health: ContainerHealth;
  healthOutput: string;
  /** True once a person or we stopped it: policies leave it alone then. */
  stopped: boolean;
  /** Network name -> endpoint. */
  readonly networks: Map<string, FakeEndpoint>;
  readonly log: string[];
}

export interface FakeNetwork {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface FakeVolume {
  readonly name: string;
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a container of an image does when it is started. */
export interface FakeBehaviour {
  /** Ends at once with this code. */
  readonly exits?: number;
  /** With a health check: what it comes to at once; the default is `healthy`. */
  readonly health?: ContainerHealth;
  /** The runtime cannot start it, with these words. */
  readonly startError?: string;
}

export interface FakeImage {
  readonly id: string;
  readonly tags: Set<string>;
  readonly digests: readonly string[];
  readonly architecture: string;
  readonly behaviour: FakeBehaviour;
}

export const bodyOf = (body: EngineBody): FakeBody => structuredClone(body) as FakeBody;

const ALIVE: readonly ContainerState[] = ['running', 'paused', 'restarting'];
export const isAlive = (container: FakeContainer): boolean => ALIVE.includes(container.state);

const NEVER = '0001-01-01T00:00:00Z';

export function newContainer(
  id: string,
  name: string,
  imageId: string,
  body: FakeBody,
): FakeContainer {
  const networks = new Map(Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {}));
  const mode = body.HostConfig?.NetworkMode ?? 'bridge';
  if (!networks.has(mode)) networks.set(mode, {});
  return {
    id,
    name,
    imageId,
    body,
    hostConfig: filledHostConfig(body.HostConfig ?? {}),
    state: 'created',
    exitCode: 0,
    error: '',
    restartCount: 0,
    startedAt: NEVER,
    health: 'none',
    healthOutput: '',
    stopped: false,
    networks,
    log: [],
  };
}

/** What an engine fills in by itself. */
function filledHostConfig(host: FakeHostConfig): FakeHostConfig {
  return {
    ...host,
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0, ...host.RestartPolicy },
    ...(host.Memory && !host.MemorySwap && { MemorySwap: 2 * host.Memory }),
  };
}
