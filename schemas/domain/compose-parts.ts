import type { ComposeBytes, ComposeCommand, ComposeDuration, ComposeTexts } from './compose.ts';

/** Parts of a service in the normalised Compose model; the rules of compose.ts hold here too. */

export interface ComposePort {
  /** `ingress` or `host`; always set. */
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
  readonly type: 'volume' | 'bind' | 'tmpfs' | 'npipe' | 'cluster' | 'image';
  /** Volume key, image, absolute host path, or a path of a repository file (`repo:/…`). */
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
  /** Means nothing on Linux; kept as Compose keeps it. */
  readonly consistency?: string;
  readonly bind?: {
    readonly create_host_path?: boolean;
    readonly propagation?: string;
    readonly recursive?: string;
    readonly selinux?: string;
  };
  readonly volume?: {
    readonly labels?: ComposeTexts;
    readonly nocopy?: boolean;
    readonly subpath?: string;
  };
  readonly tmpfs?: { readonly size?: ComposeBytes; readonly mode?: number };
  readonly image?: { readonly subpath?: string };
}

export interface ComposeAttachment {
  readonly aliases?: readonly string[];
  readonly driver_opts?: ComposeTexts;
  readonly gw_priority?: number;
  readonly interface_name?: string;
  readonly ipv4_address?: string;
  readonly ipv6_address?: string;
  readonly link_local_ips?: readonly string[];
  readonly mac_address?: string;
  readonly priority?: number;
}

export interface ComposeHealthcheck {
  readonly test?: readonly string[];
  readonly interval?: ComposeDuration;
  readonly timeout?: ComposeDuration;
  readonly retries?: number;
  readonly start_period?: ComposeDuration;
  readonly start_interval?: ComposeDuration;
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

/** A use of a top-level config or secret. */
export interface ComposeFileReference {
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  /** Octal text, `0440`. */
  readonly mode?: number | string;
}

/** A file that has to be there, by its path, or one with more to say. */
export type ComposeEnvFile =
  | string
  | { readonly path: string; readonly required: boolean; readonly format?: string };

export interface ComposeLogging {
  readonly driver?: string;
  readonly options?: ComposeTexts;
}

/** One limit for both, or the two. -1 = none. */
export type ComposeUlimit = number | { readonly soft: number; readonly hard: number };

export interface ComposeDevice {
  readonly source: string;
  readonly target?: string;
  readonly permissions?: string;
}

/** Of `gpus` and of `deploy.resources.reservations.devices`. */
export interface ComposeDeviceRequest {
  readonly capabilities?: readonly string[];
  readonly driver?: string;
  /** -1 = all. */
  readonly count?: number;
  readonly device_ids?: readonly string[];
  readonly options?: ComposeTexts;
}

export interface ComposeBlkio {
  readonly weight?: number;
  readonly weight_device?: readonly { readonly Path: string; readonly Weight: number }[];
  readonly device_read_bps?: readonly ComposeThrottle[];
  readonly device_read_iops?: readonly ComposeThrottle[];
  readonly device_write_bps?: readonly ComposeThrottle[];
  readonly device_write_iops?: readonly ComposeThrottle[];
}

/** Compose prints these two members with capitals. */
export interface ComposeThrottle {
  readonly Path: string;
  /** Bytes or operations a second, as decimal text. */
  readonly Rate: string;
}

export interface ComposeCredentialSpec {
  readonly config?: string;
  readonly file?: string;
  readonly registry?: string;
}

/** A command run in the container after its start or before its stop. */
export interface ComposeHook {
  readonly command: ComposeCommand;
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
}

export interface ComposeModelUse {
  readonly endpoint_var?: string;
  readonly model_var?: string;
}

export interface ComposeProvider {
  readonly type: string;
  readonly options?: Readonly<Record<string, readonly string[]>>;
}

export interface ComposeBuild {
  readonly context?: string;
  readonly dockerfile?: string;
  readonly dockerfile_inline?: string;
  readonly entitlements?: readonly string[];
  readonly args?: Readonly<Record<string, string | null>>;
  readonly provenance?: string;
  readonly sbom?: string;
  readonly ssh?: readonly string[];
  readonly labels?: ComposeTexts;
  readonly cache_from?: readonly string[];
  readonly cache_to?: readonly string[];
  readonly no_cache?: boolean;
  readonly additional_contexts?: ComposeTexts;
  readonly pull?: boolean;
  readonly extra_hosts?: readonly string[];
  readonly isolation?: string;
  readonly network?: string;
  readonly target?: string;
  readonly secrets?: readonly ComposeFileReference[];
  readonly shm_size?: ComposeBytes;
  readonly tags?: readonly string[];
  readonly ulimits?: Readonly<Record<string, ComposeUlimit>>;
  readonly platforms?: readonly string[];
  readonly privileged?: boolean;
}

export interface ComposeDevelop {
  readonly watch?: readonly {
    readonly path: string;
    readonly action: string;
    readonly target?: string;
    readonly exec?: ComposeHook;
    readonly include?: readonly string[];
    readonly ignore?: readonly string[];
    readonly initial_sync?: boolean;
  }[];
}
