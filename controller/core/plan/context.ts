import type {
  DesiredApp,
  DesiredUnit,
  ObservedContainer,
  ObservedUnit,
  Operation,
} from '../../../schemas/domain/index.ts';
import type { Draft } from './draft.ts';
import type { HardenedService, HardenedUnit } from './harden-unit.ts';
import type { PlanInput } from './input.ts';
import type { ServiceSlots } from './slots.ts';

/** Everything the steps of one planning share. Lives for one call of the planner. */
export interface Context {
  readonly input: PlanInput;
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly observed: ObservedUnit;
  readonly hardened: HardenedUnit;
  readonly draft: Draft;
  readonly reason: Operation['reason'];
  /** A hook before the rollout cannot go on: nothing is replaced or removed. */
  readonly isStopped: boolean;
  /** In dependency order, hooks last. */
  readonly services: ReadonlyMap<string, ServiceSituation>;
  /** Containers of services that are no longer declared. */
  readonly undeclared: readonly ObservedContainer[];
  /** Operations by what later ones must wait for. */
  readonly done: {
    readonly pulls: string[];
    readonly apps: string[];
    /** Network or volume name -> the operation that makes it. */
    readonly networks: Map<string, string>;
    readonly volumes: Map<string, string>;
    /** Service -> its put-file and put-tree operations. */
    readonly files: Map<string, readonly string[]>;
    /** Container id -> operations after which it is out of the way. */
    readonly retired: Map<string, readonly string[]>;
    /** Container id -> the operation after which its observed name is free. */
    readonly released: Map<string, string>;
    /** Container id -> the name earlier operations give it. */
    readonly renamed: Map<string, string>;
    /** Containers that are gone when the plan is through: id -> the removing operation. */
    readonly removed: Map<string, string>;
    /** Service -> the last replica that is restarted for its files. */
    readonly told: Map<string, FinalContainer>;
    /** Container id and network -> the operation that takes it off. */
    readonly left: Map<string, string>;
    /** Target and state -> the wait for it. */
    readonly awaits: Map<string, string>;
  };
  readonly outlooks: Map<string, Outlook>;
}

/**
 * `forward`: on to the desired spec; `failed`: that spec ran and failed; `blocked`: something that
 * is not ours to change is in the way; `held`: a service it depends on cannot go on.
 */
export type Mode = 'forward' | 'failed' | 'blocked' | 'held';

export interface ServiceSituation extends ServiceSlots {
  readonly service: HardenedService;
  readonly mode: Mode;
}

/** What a service's containers come to when the operations planned for them are through. */
export interface Outlook {
  readonly mode: Mode;
  readonly finals: readonly FinalContainer[];
}

export interface FinalContainer {
  /** Id, or the name it is created under. */
  readonly target: string;
  readonly name: string;
  /** Set where no operation touches whether it runs. */
  readonly container?: ObservedContainer;
  /** Operations after which it is started. */
  readonly started: readonly string[];
  /** A one-shot that has run to its end and is gone. */
  readonly completed?: true;
}

/** A container's name after the operations planned so far. */
export const nameNow = (context: Context, { id, name }: ObservedContainer): string =>
  context.done.renamed.get(id) ?? name;
