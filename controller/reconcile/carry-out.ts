import { type ActiveOperation, type Outcome, splitUnitKey } from '../../schemas/domain/index.ts';
import { isAwaited } from '../core/plan/await.ts';
import { deadlineOf } from './deadlines.ts';
import { type AwaitAnswer, type Execution, executePlan } from './execute-plan.ts';
import { contentOf } from './operation-content.ts';
import type { PassOptions } from './pass-options.ts';
import { PullProgress } from './pull-progress.ts';
import type { Running } from './queue.ts';
import { resolveImage } from './resolve-image.ts';
import type { StatusFacts } from './status-writer.ts';

type Await = Parameters<typeof isAwaited>[0];

export interface Said {
  /** Done before the first operation is sent. */
  readonly begin: () => Promise<void>;
  /** How far the pulls are. */
  readonly pulling: (message: string) => Promise<void>;
}

/**
 * Sends a plan's operations to their host, as far as it goes now. `begin` is done before the first
 * one is sent, and never where there is only waiting left.
 */
export async function carryOut(
  options: PassOptions,
  facts: StatusFacts,
  running: Running,
  { begin, pulling }: Said,
): Promise<Execution> {
  let begun: Promise<{ readonly error: unknown } | undefined> | undefined;
  const beginOnce = () => {
    begun ??= begin().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    return begun;
  };
  const { plan } = facts.result;
  // A provisional plan knows its images only after the pulls: the rest is planned again then.
  const operations = plan.provisional
    ? plan.operations.filter(({ kind }) => kind === 'pull-image' || kind === 'resolve-image')
    : plan.operations;
  const progress = new PullProgress(options, facts, pulling);
  const execution = await executePlan(
    { ...plan, operations },
    {
      concurrency: options.concurrency,
      perform: async (operation) => {
        if (await beginOnce()) return NOT_BEGUN;
        return await perform(options, facts, operation, { progress, signal: running.signal });
      },
      awaited: (operation) => awaited(options, facts, operation),
      onPoke: (poke) => running.onPoke(poke),
      onOutcome: (operation, outcome) => {
        progress.ended(operation);
        logOutcome(options, facts, operation, outcome);
      },
      signal: running.signal,
    },
  );
  const broken = await begun;
  if (broken) throw broken.error;
  return execution;
}

const NOT_BEGUN: Outcome = { status: 'skipped', durationMs: 0 };

function awaited(options: PassOptions, { key }: StatusFacts, operation: Await): AwaitAnswer {
  const { fleet, board, clock } = options;
  if (operation.kind === 'await-app') return { ready: board.isReady(operation.app) };
  const observed = fleet.observed(key);
  return observed ? isAwaited(operation, observed, clock.now()) : { ready: false };
}

async function perform(
  options: PassOptions,
  facts: StatusFacts,
  operation: ActiveOperation,
  { progress, signal }: { readonly progress: PullProgress; readonly signal: AbortSignal },
): Promise<Outcome> {
  if (operation.kind === 'resolve-image') return await resolveImage(options, facts, operation);
  const { fleet, newId, masks } = options;
  const onProgress = progress.of(operation);
  const content = contentOf(operation, facts);
  const outcome = await fleet.execute(
    facts.observed.host,
    {
      operationId: newId(),
      unit: facts.key,
      operation,
      ...(content && { content }),
      ...(onProgress && { onProgress }),
      deadlineMs: deadlineOf(operation),
    },
    signal,
  );
  return masks.outcome(splitUnitKey(facts.key).app, outcome);
}

function logOutcome(
  { logger }: PassOptions,
  { key }: StatusFacts,
  { id, cause }: ActiveOperation,
  outcome: Outcome,
): void {
  const fields = { unit: key, operation: id, cause, ...outcome };
  if (outcome.status === 'failed') logger.warn(fields, 'operation failed');
  else logger.debug(fields, 'operation done');
}
