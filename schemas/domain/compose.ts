/**
 * The normalised Compose model: Compose's own JSON shape after interpolation, merge and
 * defaults (`docker compose config --format json`). Snake-case keys are Compose's own.
 * Source: the Compose Specification.
 */
export interface ComposeModel {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, ComposeNetwork>>;
  readonly volumes: Readonly<Record<string, ComposeVolume>>;
  readonly configs: Readonly<Record<string, ComposeFileObject>>;
  readonly secrets: Readonly<Record<string, ComposeFileObject>>;
}

export interface ComposeService {
  readonly image: string;
  /** null or absent = the image's own. */
  readonly command?: readonly string[] | null;
  readonly entrypoint?: readonly string[] | null;
  /** A null value means "declared without a value" and is not sent to the engine. */
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly ComposePort[];
  readonly expose?: readonly string[];
  readonly volumes?: readonly ComposeMount[];
  /** Network key -> attachment; absent = the project's `default` network. */
  readonly networks?: Readonly<Record<string, ComposeAttachment | null>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly restart?: string;
  readonly healthcheck?: ComposeHealthcheck;
  readonly depends_on?: Readonly<Record<string, ComposeDependency>>;
  readonly user?: string;
  readonly working_dir?: string;
  readonly hostname?: string;
  readonly stop_signal?: string;
  /** A Go duration, `10s`. */
  readonly stop_grace_period?: string;
  readonly init?: boolean;
  readonly read_only?: boolean;
  readonly tty?: boolean;
  readonly stdin_open?: boolean;
  readonly container_name?: string;
  /** `name=address` each. */
  readonly extra_hosts?: readonly string[];
  readonly configs?: readonly ComposeFileReference[];
  readonly secrets?: readonly ComposeFileReference[];
  readonly deploy?: ComposeDeploy;
  readonly 'x-skep'?: ServiceExtension;
}

/** What skep itself reads in a service, under `x-skep`. */
export interface ServiceExtension {
  /** Read-write mounts of this service may be used by two containers at once. */
  readonly shared?: boolean;
}

export interface ComposePort {
  readonly mode?: string;
  readonly target: number;
  /** A port or a range (`8080-8090`); absent = an ephemeral port. */
  readonly published?: string;
  readonly host_ip?: string;
  readonly protocol: string;
  readonly name?: string;
  readonly app_protocol?: string;
}

export interface ComposeMount {
  readonly type: 'volume' | 'bind' | 'tmpfs';
  /** Volume key, absolute host path, or a path of a repository file (`repo:/…`). */
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
  /** Means nothing on Linux; kept as Compose keeps it. */
  readonly consistency?: string;
  readonly bind?: {
    readonly create_host_path?: boolean;
    readonly propagation?: string;
    readonly selinux?: string;
  };
  readonly volume?: { readonly nocopy?: boolean; readonly subpath?: string };
  readonly tmpfs?: { readonly size?: string; readonly mode?: number };
}

export interface ComposeAttachment {
  readonly aliases?: readonly string[];
  readonly ipv4_address?: string;
  readonly ipv6_address?: string;
  readonly priority?: number;
}

export interface ComposeHealthcheck {
  readonly test?: readonly string[];
  readonly interval?: string;
  readonly timeout?: string;
  readonly retries?: number;
  readonly start_period?: string;
  readonly start_interval?: string;
  readonly disable?: boolean;
}

export type DependencyCondition =
  | 'service_started'
  | 'service_healthy'
  | 'service_completed_successfully';

export interface ComposeDependency {
  readonly condition: DependencyCondition;
  readonly restart?: boolean;
  readonly required: boolean;
}

export interface ComposeFileReference {
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly mode?: number | string;
}

export interface ComposeDeploy {
  readonly replicas?: number;
  readonly resources?: {
    readonly limits?: ComposeResources;
    readonly reservations?: ComposeResources;
  };
  readonly update_config?: {
    readonly parallelism?: number;
    readonly delay?: string;
    readonly failure_action?: string;
    readonly monitor?: string;
    readonly max_failure_ratio?: number;
    readonly order?: string;
  };
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ComposeResources {
  /** Decimal CPUs, `0.5`. */
  readonly cpus?: string | number;
  /** Bytes, as decimal text. */
  readonly memory?: string;
  readonly pids?: number;
}

export interface ComposeNetwork {
  readonly name?: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly ipam?: {
    readonly driver?: string;
    readonly config?: readonly {
      readonly subnet?: string;
      readonly gateway?: string;
      readonly ip_range?: string;
      readonly aux_addresses?: Readonly<Record<string, string>>;
    }[];
    readonly options?: Readonly<Record<string, string>>;
  };
  readonly external?: boolean;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enable_ipv6?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ComposeVolume {
  readonly name?: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly external?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A top-level config or secret. Exactly one of the sources is set. */
export interface ComposeFileObject {
  readonly name?: string;
  /** A path of a repository file, `repo:/…` (an absolute path in `skep compose config`). */
  readonly file?: string;
  readonly content?: string;
  readonly environment?: string;
  readonly external?: boolean;
}
