import type { ComposeBytes, ComposeDuration, ComposeTexts } from './compose.ts';
import type { ComposeDeviceRequest } from './compose-parts.ts';

/** `deploy` of a service. Compose itself fills in `resources` and `placement`, empty if need be. */
export interface ComposeDeploy {
  readonly mode?: string;
  readonly replicas?: number;
  readonly labels?: ComposeTexts;
  readonly update_config?: ComposeUpdateConfig;
  readonly rollback_config?: ComposeUpdateConfig;
  readonly resources?: {
    readonly limits?: ComposeResources;
    readonly reservations?: ComposeResources;
  };
  readonly restart_policy?: {
    readonly condition?: string;
    readonly delay?: ComposeDuration;
    readonly max_attempts?: number;
    readonly window?: ComposeDuration;
  };
  readonly placement?: {
    readonly constraints?: readonly string[];
    readonly preferences?: readonly { readonly spread?: string }[];
    readonly max_replicas_per_node?: number;
  };
  readonly endpoint_mode?: string;
}

export interface ComposeUpdateConfig {
  /** 0 is said aloud: all at once. */
  readonly parallelism?: number;
  readonly delay?: ComposeDuration;
  readonly failure_action?: string;
  readonly monitor?: ComposeDuration;
  readonly max_failure_ratio?: number;
  readonly order?: string;
}

export interface ComposeResources {
  /** Decimal CPUs, `0.5`. */
  readonly cpus?: string | number;
  readonly memory?: ComposeBytes;
  readonly pids?: number;
  readonly devices?: readonly ComposeDeviceRequest[];
  readonly generic_resources?: readonly {
    readonly discrete_resource_spec?: { readonly kind: string; readonly value: number };
  }[];
}
