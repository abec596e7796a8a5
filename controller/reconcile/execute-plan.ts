import type {
  ActiveOperation,
  AwaitOperation,
  Operation,
  OperationRecord,
  Outcome,
  Plan,
} from '../../schemas/domain/index.ts';
import { isAwait } from '../../schemas/domain/index.ts';

/** Whether an awaited state is reached; `recheckMs` where time alone will decide. */
export type AwaitAnswer =
  | { readonly ready: true }
  | { readonly ready: false; readonly recheckMs?: number };

export interface ExecutePlanOptions {
  readonly concurrency: number;
  /** Performs one operation on the host. Never rejects. */
  readonly perform: (operation: ActiveOperation) => Promise<Outcome>;
  readonly awaited: (operation: AwaitOperation) => AwaitAnswer;
  /** Called when something observed changed: awaits are looked at again. */
  readonly onPoke: (listener: () => void) => void;
  readonly onOutcome: (operation: ActiveOperation, outcome: Outcome) => void;
  /** Aborted: nothing new is started; what runs is waited for. */
  readonly signal: AbortSignal;
}

/** What became of a plan in this pass. */
export interface Execution {
  readonly records: readonly OperationRecord[];
  readonly failed: readonly { readonly operation: ActiveOperation; readonly outcome: Outcome }[];
  readonly waiting: readonly AwaitOperation[];
  /** Operations and waits that are still to come. */
  readonly left: number;
  /** The earliest moment at which time alone may end a wait, in ms from now. */
  readonly recheckMs: number | undefined;
  /** Every operation was carried out and every wait is over. */
  readonly complete: boolean;
  readonly superseded: boolean;
}

/**
 * Carries out a plan as far as it goes now: operations whose dependencies are done, at most
 * `concurrency` at once, independent branches going on beside a failed one. A wait that is not
 * over holds back only what depends on it, and never a worker: the caller's pass ends.
 */
export function executePlan(plan: Plan, options: ExecutePlanOptions): Promise<Execution> {
  return new PlanExecution(plan.operations, options).run();
}

type State = 'pending' | 'running' | 'done' | 'failed' | 'skipped';

class PlanExecution {
  readonly #operations: readonly Operation[];
  readonly #options: ExecutePlanOptions;
  readonly #state = new Map<string, State>();
  readonly #records: OperationRecord[] = [];
  readonly #failed: { operation: ActiveOperation; outcome: Outcome }[] = [];
  #running = 0;
  #advancing = false;
  #finish: (() => void) | undefined;

  constructor(operations: readonly Operation[], options: ExecutePlanOptions) {
    this.#operations = operations;
    this.#options = options;
    for (const operation of operations) this.#state.set(operation.id, 'pending');
  }

  async run(): Promise<Execution> {
    this.#options.onPoke(() => this.#advance());
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      this.#advance();
    });
    this.#options.onPoke(() => {});
    return this.#result();
  }

  /** Starts all that can start; ends the execution when nothing runs and nothing can. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    let moved = true;
    while (moved) {
      moved = false;
      for (const operation of this.#operations) {
        if (this.#state.get(operation.id) === 'pending' && this.#step(operation)) moved = true;
      }
    }
    this.#advancing = false;
    if (this.#running === 0) this.#finish?.();
  }

  /** @returns whether the operation's state changed at once. */
  #step(operation: Operation): boolean {
    const verdict = this.#dependencies(operation);
    if (verdict === 'wait' || this.#options.signal.aborted) return false;
    if (verdict === 'skip') {
      this.#state.set(operation.id, 'skipped');
      return true;
    }
    if (isAwait(operation)) {
      if (!this.#options.awaited(operation).ready) return false;
      this.#state.set(operation.id, 'done');
      return true;
    }
    if (this.#running >= this.#options.concurrency) return false;
    this.#start(operation);
    return true;
  }

  #dependencies(operation: Operation): 'go' | 'wait' | 'skip' {
    let verdict: 'go' | 'wait' = 'go';
    for (const id of operation.dependsOn) {
      const state = this.#state.get(id) ?? 'done';
      if (state === 'failed' || state === 'skipped') return 'skip';
      if (state !== 'done') verdict = 'wait';
    }
    return verdict;
  }

  #start(operation: ActiveOperation): void {
    this.#state.set(operation.id, 'running');
    this.#running += 1;
    void this.#options.perform(operation).then((outcome) => {
      this.#running -= 1;
      const ok = outcome.status === 'done' || outcome.status === 'unchanged';
      this.#state.set(operation.id, ok ? 'done' : 'failed');
      if (!ok) this.#failed.push({ operation, outcome });
      const { id, kind, resource, cause } = operation;
      this.#records.push({ id, kind, resource, cause, outcome });
      this.#options.onOutcome(operation, outcome);
      this.#advance();
    });
  }

  #result(): Execution {
    const waiting: AwaitOperation[] = [];
    let recheckMs: number | undefined;
    for (const operation of this.#operations) {
      if (!isAwait(operation) || this.#state.get(operation.id) !== 'pending') continue;
      if (this.#dependencies(operation) !== 'go') continue;
      const answer = this.#options.awaited(operation);
      waiting.push(operation);
      // A wait that ended just now is looked at again at once, in the next pass.
      const due = answer.ready ? 0 : answer.recheckMs;
      if (due !== undefined) recheckMs = Math.min(recheckMs ?? due, due);
    }
    const states = [...this.#state.values()];
    return {
      records: this.#records,
      failed: this.#failed,
      waiting,
      left: states.filter((state) => state === 'pending' || state === 'skipped').length,
      recheckMs,
      complete: states.every((state) => state === 'done'),
      superseded: this.#options.signal.aborted,
    };
  }
}
