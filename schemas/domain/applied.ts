import type { UnitKey } from './names.ts';

/**
 * What a spec hash stands for, field by field in Compose's words: `environment.LEVEL` -> `info`.
 * A text begins with `=`; what may not be shown is a keyed digest, `*` for a secret and `#` for
 * anything else, so that two can be told apart and neither be read.
 */
export type SpecFields = Readonly<Record<string, string>>;

/** One spec that the containers of a service were made from. */
export interface AppliedSpec {
  readonly service: string;
  readonly specHash: string;
  readonly fields: SpecFields;
}

/** The newest specs of a unit's services. Kept to say what changed; without it plans say less. */
export interface AppliedSpecs {
  readonly key: UnitKey;
  /** Fields of another form cannot be compared with. */
  readonly form: string;
  readonly specs: readonly AppliedSpec[];
}

/** One field of a service that differs. Absent = it is not set; secrets are masked. */
export interface FieldChange {
  readonly field: string;
  readonly from?: string;
  readonly to?: string;
}
