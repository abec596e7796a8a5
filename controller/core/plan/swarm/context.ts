import type {
  DesiredApp,
  DesiredUnit,
  ObservedSwarm,
  SwarmService,
} from '../../../../schemas/domain/index.ts';
import type { Draft } from '../draft.ts';
import type { PlanInput } from '../input.ts';
import type { HardenedStack } from './harden-stack.ts';

/** Everything the steps of one planning of a stack share. Lives for one call of the planner. */
export interface StackContext {
  readonly input: PlanInput;
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly swarm: ObservedSwarm;
  readonly stack: HardenedStack;
  readonly draft: Draft;
  /** Operations by what later ones must wait for. */
  readonly done: {
    readonly apps: string[];
    /** `network NAME`, `config NAME`, `secret NAME` -> the operation that makes it. */
    readonly objects: Map<string, string>;
    /** Service -> the operation after which it is as asked. */
    readonly services: Map<string, string>;
    readonly awaits: Map<string, string>;
  };
  /** Services that cannot go on: what depends on them waits without a word. */
  readonly stuck: Set<string>;
}

/** The service of that name, where it is this stack's. */
export function ownService(
  { swarm }: Pick<StackContext, 'swarm'>,
  name: string,
): SwarmService | undefined {
  return swarm.services.find((service) => service.name === name);
}
