import type { Owner } from './labels.ts';
import type { AppId, HostName, UnitKey } from './names.ts';
import type { FilesRecord } from './operation.ts';
import type { ObservedSwarm, SwarmObject } from './swarm.ts';

export interface EngineInfo {
  readonly version: string;
  /** Negotiated, `1.41`. */
  readonly apiVersion: string;
  readonly os: string;
  /** As in image platforms: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Members of `MutableConfig` that its kernel cannot do: it drops them with a warning. */
  readonly discarded?: readonly string[];
}

export type ContainerState =
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'removing'
  | 'exited'
  | 'dead';

export type ContainerHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

/**
 * What an object that is not ours was made with, without one value of it: digests under a salt
 * that its agent made. Field names are Compose's (`environment.PATH`, `ports.80/tcp`).
 */
export interface ConfigDigests {
  readonly salt: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Those that the image or the engine may have filled in. */
  readonly implied: readonly string[];
}

/** Whose an object without our labels says it is: Docker Compose's own labels. */
export interface ComposeOrigin {
  readonly project: string;
  /** Of containers, as the next one. */
  readonly service?: string;
  readonly number?: number;
  /** Made by `docker compose run`. */
  readonly oneOff?: boolean;
}

/** A container as the engine shows it, normalised over API versions (`engine/normalise`). */
export interface ObservedContainer {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  /** Absent = unmanaged: never touched. */
  readonly owner?: Owner;
  /** True where the agent's journal records this container as created or adopted by it. */
  readonly recorded: boolean;
  /** True where its owner is known from the journal: it carries no labels of ours. */
  readonly adopted?: boolean;
  /** Set where it has none of our labels, adopted or not; as the next one. */
  readonly config?: ConfigDigests;
  readonly compose?: ComposeOrigin;
  readonly imageId: string;
  readonly image: string;
  readonly state: ContainerState;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** The engine's own error text of the last start. */
  readonly error: string;
  readonly restartCount: number;
  /** RFC 3339 on the host's clock; only ever compared for equality. */
  readonly startedAt: string;
  readonly health: ContainerHealth;
  /** Output of the last failed probe, at most 1 KiB. */
  readonly healthOutput: string;
  /** Seconds between its stop signal and the kill, as it was created with; absent = the engine's 10. */
  readonly stopTimeoutS?: number;
  /** What `update` may change behind our back (decision 2). */
  readonly mutable: MutableConfig;
  /** What it was told of the content of its files; absent where nobody tells it (`x-skep.onChange`). */
  readonly files?: FilesTold;
  /** Ids of the containers whose namespaces it shares; absent where an older agent does not tell. */
  readonly joined?: readonly string[];
  readonly networks: readonly ContainerNetwork[];
  readonly ports: readonly HostPort[];
  /**
   * Controller time in ms at which (state, startedAt, restartCount, health) was first seen as it
   * is. Set by the fleet when folding; 0 on the wire. Durations are never taken from host clocks.
   */
  readonly sinceMs: number;
}

/** Kept in the agent's journal: a container cannot be asked. */
export interface FilesTold {
  readonly record: FilesRecord;
  /** Why telling it failed; empty where it did not. */
  readonly error: string;
}

/** Fields that `POST /containers/{id}/update` can change. 0 = unset; sizes in bytes. */
export interface MutableConfig {
  readonly nanoCpus: number;
  readonly memory: number;
  readonly memoryReservation: number;
  readonly memorySwap: number;
  readonly pidsLimit: number;
  readonly cpuShares: number;
  readonly cpusetCpus: string;
  /** These are absent where an older agent does not tell them. */
  readonly cpuPeriod?: number | undefined;
  readonly cpuQuota?: number | undefined;
  readonly cpuRealtimePeriod?: number | undefined;
  readonly cpuRealtimeRuntime?: number | undefined;
  readonly blkioWeight?: number | undefined;
  /** `no`, `always`, `unless-stopped`, `on-failure`. */
  readonly restartPolicy: string;
  readonly restartMaximum: number;
}

export interface ContainerNetwork {
  readonly name: string;
  readonly id: string;
  readonly aliases: readonly string[];
  readonly address: string;
  /** What was asked for, empty = none; absent where an older agent does not tell. */
  readonly ipv4?: string | undefined;
  readonly ipv6?: string | undefined;
}

export interface HostPort {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
}

export interface ObservedNetwork {
  readonly id: string;
  readonly name: string;
  readonly owner?: Owner;
  readonly config?: ConfigDigests;
  readonly compose?: ComposeOrigin;
  readonly driver: string;
  readonly scope: string;
}

export interface ObservedVolume {
  readonly name: string;
  readonly owner?: Owner;
  readonly config?: ConfigDigests;
  readonly compose?: ComposeOrigin;
  readonly driver: string;
}

export interface ObservedImage {
  readonly id: string;
  readonly tags: readonly string[];
  /** `name@sha256:…`. */
  readonly digests: readonly string[];
  readonly os: string;
  readonly architecture: string;
}

/** What one delta changes. Containers, networks and images by id, volumes by name. */
export interface ObservedDelta {
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
  readonly images: readonly ObservedImage[];
  /** Told by managers alone. */
  readonly swarm?: readonly SwarmObject[];
  readonly removed: {
    readonly containers: readonly string[];
    readonly networks: readonly string[];
    readonly volumes: readonly string[];
    readonly images: readonly string[];
    /** By `swarmKey`. */
    readonly swarm?: readonly string[];
  };
}

/** The part of a host's observed state that planning one unit looks at. */
export interface ObservedUnit {
  readonly key: UnitKey;
  readonly app: AppId;
  readonly host: HostName;
  readonly engine: EngineInfo;
  /** Owned by this unit, sorted by name. */
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
  /** Set for a stack, whose unit is on a swarm; it then has nothing of the above. */
  readonly swarm?: ObservedSwarm;
  /** The image a reference (tag, digest or id) names on this host. */
  image(reference: string): ObservedImage | undefined;
  /** Any object of that name on the host, whoever owns it. */
  containerNamed(name: string): ObservedContainer | undefined;
  networkNamed(name: string): ObservedNetwork | undefined;
  volumeNamed(name: string): ObservedVolume | undefined;
  /** The running container (any owner) that holds this host port. */
  portHolder(port: HostPort): ObservedContainer | undefined;
  /** Containers without our labels that say they are of that Compose project; absent = not known. */
  ofComposeProject?(project: string): readonly ObservedContainer[];
  /** All containers of the host, whoever owns them, attached to that network; absent = not known. */
  attachedTo?(networkId: string): readonly ObservedContainer[];
  /** Ids of all containers of the host, running or not, made from that image; absent = not known. */
  usersOf?(imageId: string): readonly string[];
}
