import { isAwait, type Plan } from '../../schemas/domain/index.ts';
import { isAwaited } from '../core/plan/await.ts';
import type { ModelEngine } from './model-engine.ts';

/**
 * Carries out the first `limit` operations of a plan on the model engine, in order, letting time
 * pass at each wait. @returns how many were carried out; fewer when a wait does not end.
 */
export function runPlan(plan: Plan, engine: ModelEngine, limit = Number.POSITIVE_INFINITY): number {
  let done = 0;
  for (const operation of plan.operations) {
    if (done >= limit) return done;
    if (isAwait(operation)) {
      engine.settle();
      if (!isAwaited(operation, engine.observed(), engine.nowMs).ready) return done;
    } else {
      engine.execute(operation);
    }
    done += 1;
    // A plan that lacks an image is made anew once it is there.
    const isLastPull =
      operation.kind === 'pull-image' && plan.operations[done]?.kind !== 'pull-image';
    if (plan.provisional && isLastPull) return done;
  }
  return done;
}
