import { isAwait, type Operation, type Plan } from '../../schemas/domain/index.ts';
import { isAwaited } from '../core/plan/await.ts';
import type { ModelEngine } from './model-engine.ts';

export interface RunOptions {
  /** Stops after so many operations, as a crash would. */
  readonly limit?: number;
  /** Which of the operations that may go next does; 0 = the first in the plan's order. */
  readonly pick?: (count: number) => number;
}

/**
 * Carries out a plan on the model engine in an order its dependencies allow, letting time pass at
 * waits. Ends at the limit, or when only waits that do not end are left. A provisional plan ends
 * with its pulls. @returns how many operations were carried out.
 */
export function runPlan(plan: Plan, engine: ModelEngine, options: RunOptions = {}): number {
  const { limit = Number.POSITIVE_INFINITY, pick = () => 0 } = options;
  const done = new Set<string>();
  const stuck = new Set<string>();
  const executed = plan.provisional
    ? plan.operations.filter(({ kind }) => kind === 'pull-image')
    : plan.operations;
  while (done.size < limit) {
    const next = executed.filter(
      ({ id, dependsOn }) =>
        !done.has(id) && !stuck.has(id) && dependsOn.every((other) => done.has(other)),
    );
    const operation = next[pick(next.length) % Math.max(1, next.length)];
    if (!operation) break;
    if (perform(operation, engine)) done.add(operation.id);
    else stuck.add(operation.id);
  }
  return done.size;
}

/** @returns false for a wait that does not end. */
function perform(operation: Operation, engine: ModelEngine): boolean {
  if (operation.kind === 'resolve-image') return true;
  if (!isAwait(operation)) {
    engine.execute(operation);
    return true;
  }
  engine.settle();
  return isAwaited(operation, engine.observed(), engine.nowMs).ready;
}
