import type {
  AppId,
  AppliedSpec,
  DesiredApp,
  DesiredUnit,
  InstallationId,
  ObservedUnit,
  Plan,
  SpecFields,
} from '../../../schemas/domain/index.ts';

import type { Unwanted } from './image-removal.ts';

/** A (service, spec hash) that ran and failed: not tried again (decision 8). */
export interface FailedMarkLike {
  readonly service: string;
  readonly specHash: string;
  /** Of the replica; absent = the spec as such cannot run. */
  readonly number?: number;
  readonly reason: string;
  readonly message: string;
}

/** A one-shot container that has run to its end: not run again for the same spec, present or not. */
export interface CompletionLike {
  readonly service: string;
  readonly number: number;
  readonly specHash: string;
}

/** What specs were made of, to say what changed. */
export interface SpecMemory {
  fields(service: string, specHash: string): SpecFields | undefined;
  /** Tells equal texts from others without telling what they are. */
  digest(text: string): string;
}

export interface PlanInput {
  readonly installation: InstallationId;
  /** Undefined together with `unit`: an orphan, whose removal is planned. */
  readonly app?: DesiredApp;
  readonly unit?: DesiredUnit;
  readonly observed: ObservedUnit;
  /** Image reference -> digest or id locked for this (unit, content of the app); may be empty. */
  readonly locks: Readonly<Record<string, string>>;
  readonly failed: readonly FailedMarkLike[];
  readonly completed: readonly CompletionLike[];
  /** Controller time in ms, the same clock as `sinceMs` of containers. */
  readonly now: number;
  /** Those of the app's `dependsOn` that are not ready. */
  readonly waitingOn: readonly AppId[];
  /** For orphans, from the last known app; a declared app says so itself. */
  readonly pruneVolumes: boolean;
  /** Fingerprint that last converged here: tells drift from change. */
  readonly lastApplied?: string;
  /** Images that may go (`spec.images.keep`); absent = all stay. */
  readonly unwanted?: Unwanted;
  /** Absent: causes say only what observation shows. */
  readonly memory?: SpecMemory;
}

export interface PlanResult {
  readonly plan: Plan;
  /** References resolved in this pass, to be recorded before anything is done. */
  readonly locks: Readonly<Record<string, string>>;
  /** Service -> its desired spec hash; without those whose image is not known yet. */
  readonly specHashes: ReadonlyMap<string, string>;
  /** Service of a stack -> the hash of its desired template, which its tasks carry. */
  readonly taskHashes?: ReadonlyMap<string, string>;
  /** Of the marks given, those that count: not of another spec, and not got well after all. */
  readonly failed: readonly FailedMarkLike[];
  /** Desired specs that the memory does not have, to be kept before anything is done. */
  readonly learnt: readonly AppliedSpec[];
}
