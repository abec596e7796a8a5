/**
 * The members of the engine's answers that are read, over API 1.41 to 1.51. Everything may be
 * missing or null: engines leave out what is empty.
 */
export interface ContainerInspect {
  readonly Id?: string;
  readonly Name?: string;
  readonly Image?: string;
  readonly RestartCount?: number;
  readonly State?: {
    readonly Status?: string;
    readonly ExitCode?: number;
    readonly OOMKilled?: boolean;
    readonly Error?: string;
    readonly StartedAt?: string;
    readonly Health?: HealthInspect | null;
  };
  readonly Config?: {
    readonly Hostname?: string;
    readonly Image?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly StopTimeout?: number | null;
  };
  readonly HostConfig?: HostConfigInspect;
  readonly NetworkSettings?: {
    readonly Ports?: Readonly<Record<string, readonly PortInspect[] | null>> | null;
    readonly Networks?: Readonly<Record<string, EndpointInspect>> | null;
  };
}

export interface HealthInspect {
  readonly Status?: string;
  readonly Log?: readonly { readonly ExitCode?: number; readonly Output?: string }[] | null;
}

export interface HostConfigInspect {
  readonly NetworkMode?: string;
  readonly IpcMode?: string;
  readonly PidMode?: string;
  readonly NanoCpus?: number;
  readonly Memory?: number;
  readonly MemoryReservation?: number;
  readonly MemorySwap?: number;
  readonly PidsLimit?: number | null;
  readonly CpuShares?: number;
  readonly CpusetCpus?: string;
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpuRealtimePeriod?: number;
  readonly CpuRealtimeRuntime?: number;
  readonly BlkioWeight?: number;
  readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
}

export interface PortInspect {
  readonly HostIp?: string;
  readonly HostPort?: string;
}

export interface EndpointInspect {
  readonly NetworkID?: string;
  readonly Aliases?: readonly string[] | null;
  readonly IPAddress?: string;
  readonly IPAMConfig?: {
    readonly IPv4Address?: string;
    readonly IPv6Address?: string;
  } | null;
}

/** One entry of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id?: string;
  readonly Names?: readonly string[] | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly State?: string;
  readonly Ports?:
    | readonly {
        readonly IP?: string;
        readonly PublicPort?: number;
        readonly Type?: string;
      }[]
    | null;
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, EndpointInspect>> | null;
  };
}

export interface NetworkInspect {
  readonly Id?: string;
  readonly Name?: string;
  readonly Driver?: string;
  readonly Scope?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export interface VolumeInspect {
  readonly Name?: string;
  readonly CreatedAt?: string;
  readonly Driver?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export interface ImageInspect {
  readonly Id?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Os?: string;
  readonly Architecture?: string;
}
