import type { ComposeTexts } from './compose.ts';

/** Top-level objects of the normalised Compose model. */

export interface ComposeNetwork {
  /** The engine's name; Compose always fills it in. */
  readonly name?: string;
  readonly driver?: string;
  readonly driver_opts?: ComposeTexts;
  readonly ipam?: {
    readonly driver?: string;
    readonly config?: readonly {
      readonly subnet?: string;
      readonly gateway?: string;
      readonly ip_range?: string;
      readonly aux_addresses?: ComposeTexts;
    }[];
  };
  readonly external?: boolean;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  /** `false` is said aloud, here and for IPv6. */
  readonly enable_ipv4?: boolean;
  readonly enable_ipv6?: boolean;
  readonly labels?: ComposeTexts;
}

export interface ComposeVolume {
  readonly name?: string;
  readonly driver?: string;
  readonly driver_opts?: ComposeTexts;
  readonly external?: boolean;
  readonly labels?: ComposeTexts;
}

/** A top-level config or secret. Exactly one of the sources is set. */
export interface ComposeFileObject {
  readonly name?: string;
  /** A path of a repository file, `repo:/…` (an absolute path in `skep compose config`). */
  readonly file?: string;
  readonly content?: string;
  /** The variable whose value is the content. */
  readonly environment?: string;
  readonly external?: boolean;
  readonly labels?: ComposeTexts;
  readonly driver?: string;
  readonly driver_opts?: ComposeTexts;
  readonly template_driver?: string;
}

/** `models` at the top: what a model runner serves. */
export interface ComposeAiModel {
  readonly name?: string;
  readonly model?: string;
  readonly context_size?: number;
  readonly runtime_flags?: readonly string[];
}
