import type {
  EngineBody,
  EngineInfo,
  ImageManifest,
  OperationProgress,
} from '../../schemas/domain/index.ts';

/** JSON as the engine sends it; read only by `engine/normalise`. */
export type EngineJson = Readonly<Record<string, unknown>>;

/** `swarm`: all that a manager shows, looked at together. */
export type ObjectKind = 'container' | 'network' | 'volume' | 'image' | 'swarm';

/** An object that something happened to. Containers by id or name, the rest by id or name. */
export interface ObjectRef {
  readonly kind: ObjectKind;
  readonly id: string;
}

export interface EngineEvent {
  readonly kind: ObjectKind;
  /** `start`, `health_status: healthy`, … */
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the agent listens to; everything else is filtered by the engine (probes run `exec_*`). */
export const WATCHED_EVENTS: Readonly<Record<ObjectKind, readonly string[]>> = {
  container: [
    'create',
    'start',
    'die',
    'stop',
    'kill',
    'oom',
    'health_status',
    'rename',
    'destroy',
    'pause',
    'unpause',
    'update',
  ],
  network: ['create', 'connect', 'disconnect', 'destroy', 'remove'],
  volume: ['create', 'destroy'],
  image: ['pull', 'tag', 'untag', 'delete', 'load', 'import'],
  swarm: [],
};

/** Told by managers, of a swarm's services, nodes and files; of tasks nobody tells anything. */
export const SWARM_EVENTS: Readonly<Record<string, readonly string[]>> = {
  service: ['create', 'update', 'remove'],
  node: ['create', 'update', 'remove'],
  config: ['create', 'update', 'remove'],
  secret: ['create', 'update', 'remove'],
};

/** A command for a running container: the argv of a revision, never a person's (decision 13). */
export interface ExecCommand {
  readonly argv: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly workingDir?: string;
  /** `NAME=value` each. */
  readonly env?: readonly string[];
}

export interface ExecResult {
  readonly exitCode: number;
  /** Last lines of both outputs, oldest first, at most 16 KiB. */
  readonly output: readonly string[];
}

/**
 * The part of the Docker Engine API that the agent uses: there is no attach, commit or copy in it,
 * and no terminal. Every call rejects with an EngineFailure; `timed-engine.ts` gives each its deadline.
 * Inspections answer undefined for an object that is not there.
 */
export interface DockerEngine {
  /**
   * Negotiates the API version (again) and describes the engine.
   * @throws EngineFailure EngineUnreachable; EngineError where its API is older than 1.41.
   */
  connect(signal: AbortSignal): Promise<EngineInfo>;
  /** The version negotiated last; `1.41` before the first connect. */
  apiVersion(): string;

  listContainers(signal: AbortSignal): Promise<readonly EngineJson[]>;
  listNetworks(signal: AbortSignal): Promise<readonly EngineJson[]>;
  listVolumes(signal: AbortSignal): Promise<readonly EngineJson[]>;
  listImages(signal: AbortSignal): Promise<readonly EngineJson[]>;
  inspectContainer(target: string, signal: AbortSignal): Promise<EngineJson | undefined>;
  inspectNetwork(target: string, signal: AbortSignal): Promise<EngineJson | undefined>;
  inspectVolume(name: string, signal: AbortSignal): Promise<EngineJson | undefined>;
  inspectImage(reference: string, signal: AbortSignal): Promise<EngineJson | undefined>;

  /** Answers the new container's id. */
  createContainer(name: string, body: EngineBody, signal: AbortSignal): Promise<string>;
  startContainer(target: string, signal: AbortSignal): Promise<void>;
  /** `timeoutS`: seconds between the stop signal and the kill. */
  stopContainer(target: string, timeoutS: number, signal: AbortSignal): Promise<void>;
  /** `name`: `SIGHUP`. A container that does not run is an error. */
  killContainer(target: string, name: string, signal: AbortSignal): Promise<void>;
  /** Runs to its end, whatever the exit code; one that cannot be started is an error or 126, 127. */
  exec(target: string, command: ExecCommand, signal: AbortSignal): Promise<ExecResult>;
  unpauseContainer(target: string, signal: AbortSignal): Promise<void>;
  /** Never by force, never with its anonymous volumes. */
  removeContainer(target: string, signal: AbortSignal): Promise<void>;
  renameContainer(target: string, name: string, signal: AbortSignal): Promise<void>;
  updateContainer(target: string, body: EngineBody, signal: AbortSignal): Promise<void>;
  createNetwork(body: EngineBody, signal: AbortSignal): Promise<string>;
  removeNetwork(target: string, signal: AbortSignal): Promise<void>;
  connectNetwork(
    network: string,
    container: string,
    endpoint: EngineBody,
    signal: AbortSignal,
  ): Promise<void>;
  disconnectNetwork(network: string, container: string, signal: AbortSignal): Promise<void>;
  createVolume(body: EngineBody, signal: AbortSignal): Promise<void>;
  removeVolume(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Resolves once the pull is complete; `progress` gets every line the engine sends.
   * `auth`: the engine's `AuthConfig` as JSON; undefined = anonymous.
   */
  pullImage(
    reference: string,
    auth: Uint8Array | undefined,
    progress: (progress: OperationProgress) => void,
    signal: AbortSignal,
    /** `os/architecture`; undefined = the engine's own. */
    platform?: string,
  ): Promise<void>;

  /** With its names; refused (409) where a container has it. An absent one is no fault. */
  removeImage(image: string, signal: AbortSignal): Promise<void>;
  /** What the reference means in its registry; nothing is pulled. `auth` as above. */
  inspectManifest(
    reference: string,
    auth: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<ImageManifest>;

  /**
   * Streams the watched events until the signal aborts or the engine ends it. `opened` is called
   * when the engine has answered: whatever happens from then on is seen.
   */
  events(
    listener: { opened(): void; event(event: EngineEvent): void },
    signal: AbortSignal,
  ): Promise<void>;
  /** Last lines of standard output and error, oldest first, each at most 4 KiB. */
  tailLogs(target: string, lines: number, signal: AbortSignal): Promise<readonly string[]>;
}
