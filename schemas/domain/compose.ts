import type { ComposeDeploy } from './compose-deploy.ts';
import type {
  ComposeAiModel,
  ComposeFileObject,
  ComposeNetwork,
  ComposeVolume,
} from './compose-objects.ts';
import type {
  ComposeAttachment,
  ComposeBlkio,
  ComposeBuild,
  ComposeCredentialSpec,
  ComposeDependency,
  ComposeDevelop,
  ComposeDevice,
  ComposeDeviceRequest,
  ComposeEnvFile,
  ComposeFileReference,
  ComposeHealthcheck,
  ComposeHook,
  ComposeLogging,
  ComposeModelUse,
  ComposeMount,
  ComposePort,
  ComposeProvider,
  ComposeUlimit,
} from './compose-parts.ts';

/**
 * The normalised Compose model: Compose's own JSON shape after interpolation, merge and
 * defaults (`docker compose config --format json` of 2.40). Snake-case keys are Compose's own.
 * A member that is absent, `false`, `0`, `""` or empty says the same, but where a comment differs.
 */
export interface ComposeModel {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, ComposeNetwork>>;
  readonly volumes: Readonly<Record<string, ComposeVolume>>;
  readonly configs: Readonly<Record<string, ComposeFileObject>>;
  readonly secrets: Readonly<Record<string, ComposeFileObject>>;
  readonly models?: Readonly<Record<string, ComposeAiModel>>;
}

/** Words Compose splits into a list; null or absent = the image's own, empty = none at all. */
export type ComposeCommand = readonly string[] | null;
/** A Go duration, `1m30s`. */
export type ComposeDuration = string;
/** Bytes, as decimal text. */
export type ComposeBytes = string;
export type ComposeTexts = Readonly<Record<string, string>>;

export interface ComposeService
  extends ServiceIdentity,
    ServiceProcess,
    ServiceResources,
    ServiceIsolation,
    ServiceNetworking,
    ServiceStorage,
    ServiceLifecycle {
  readonly 'x-skep'?: ServiceExtension;
}

interface ServiceIdentity {
  /** Absent only where the service is built or provided; an app's service always has one. */
  readonly image?: string;
  readonly build?: ComposeBuild;
  readonly container_name?: string;
  readonly labels?: ComposeTexts;
  /** Files whose labels are in `labels` already. */
  readonly label_file?: readonly string[];
  readonly annotations?: ComposeTexts;
  readonly platform?: string;
  readonly runtime?: string;
  readonly pull_policy?: string;
  readonly profiles?: readonly string[];
  readonly provider?: ComposeProvider;
  readonly develop?: ComposeDevelop;
}

interface ServiceProcess {
  readonly command?: ComposeCommand;
  readonly entrypoint?: ComposeCommand;
  /** A null value means "declared without a value". */
  readonly environment?: Readonly<Record<string, string | null>>;
  /** Files whose variables are in `environment` already. */
  readonly env_file?: readonly ComposeEnvFile[];
  readonly user?: string;
  readonly group_add?: readonly string[];
  readonly working_dir?: string;
  readonly tty?: boolean;
  readonly stdin_open?: boolean;
  /** `false` is said aloud: it is not the same as absent. */
  readonly init?: boolean;
  /** `false` is said aloud. Only for the logs of `up`. */
  readonly attach?: boolean;
  readonly logging?: ComposeLogging;
}

interface ServiceResources {
  readonly cpu_count?: number;
  readonly cpu_percent?: number;
  readonly cpu_period?: number;
  readonly cpu_quota?: number;
  readonly cpu_rt_period?: number;
  readonly cpu_rt_runtime?: number;
  readonly cpu_shares?: number;
  readonly cpus?: number;
  readonly cpuset?: string;
  readonly mem_limit?: ComposeBytes;
  readonly mem_reservation?: ComposeBytes;
  readonly memswap_limit?: ComposeBytes;
  /** 0 to 100, as text like the sizes beside it. */
  readonly mem_swappiness?: string;
  readonly oom_kill_disable?: boolean;
  readonly oom_score_adj?: number;
  readonly pids_limit?: number;
  readonly shm_size?: ComposeBytes;
  readonly blkio_config?: ComposeBlkio;
  readonly ulimits?: Readonly<Record<string, ComposeUlimit>>;
  readonly storage_opt?: ComposeTexts;
  readonly devices?: readonly ComposeDevice[];
  readonly device_cgroup_rules?: readonly string[];
  readonly gpus?: readonly ComposeDeviceRequest[];
}

interface ServiceIsolation {
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cgroup?: string;
  readonly cgroup_parent?: string;
  readonly credential_spec?: ComposeCredentialSpec;
  readonly ipc?: string;
  readonly isolation?: string;
  readonly pid?: string;
  readonly privileged?: boolean;
  readonly read_only?: boolean;
  readonly security_opt?: readonly string[];
  readonly sysctls?: ComposeTexts;
  readonly use_api_socket?: boolean;
  readonly userns_mode?: string;
  readonly uts?: string;
}

interface ServiceNetworking {
  readonly network_mode?: string;
  /** Network key -> attachment; absent with a `network_mode`, `{default: null}` where not said. */
  readonly networks?: Readonly<Record<string, ComposeAttachment | null>>;
  readonly ports?: readonly ComposePort[];
  readonly expose?: readonly string[];
  readonly links?: readonly string[];
  readonly external_links?: readonly string[];
  readonly hostname?: string;
  readonly domainname?: string;
  readonly mac_address?: string;
  readonly dns?: readonly string[];
  readonly dns_opt?: readonly string[];
  readonly dns_search?: readonly string[];
  /** `name=address` each, sorted. */
  readonly extra_hosts?: readonly string[];
}

interface ServiceStorage {
  readonly volumes?: readonly ComposeMount[];
  /** `service[:mode]` or `container:name[:mode]`. */
  readonly volumes_from?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly configs?: readonly ComposeFileReference[];
  readonly secrets?: readonly ComposeFileReference[];
}

interface ServiceLifecycle {
  readonly depends_on?: Readonly<Record<string, ComposeDependency>>;
  readonly deploy?: ComposeDeploy;
  readonly scale?: number;
  readonly restart?: string;
  readonly healthcheck?: ComposeHealthcheck;
  readonly stop_signal?: string;
  readonly stop_grace_period?: ComposeDuration;
  readonly post_start?: readonly ComposeHook[];
  readonly pre_stop?: readonly ComposeHook[];
  readonly models?: Readonly<Record<string, ComposeModelUse | null>>;
}

/** What skep itself reads in a service, under `x-skep`. */
export interface ServiceExtension {
  /** Read-write mounts of this service may be used by two containers at once. */
  readonly shared?: boolean;
  /** What happens to its containers when nothing but mounted repository files changed. */
  readonly onChange?: OnChange;
  /** Fields that somebody else sets: `replicas` of a swarm's service, for an autoscaler. */
  readonly ignore?: readonly string[];
}

/** Absent = `recreate`. */
export type OnChange =
  | 'recreate'
  | 'restart'
  | 'none'
  | { readonly signal: string }
  | { readonly exec: readonly string[] };
