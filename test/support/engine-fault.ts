import type { RecordedRequest } from './recorded-request.ts';

/**
 * What may go wrong between a client and its engine. `before` = the engine never hears of the
 * request; `after` = it has done what was asked, and the client is told something else.
 */
export type EngineFault =
  | { readonly kind: 'status'; readonly when: 'before' | 'after'; readonly status: number }
  /** No answer, until the connection is closed. */
  | { readonly kind: 'hang'; readonly when: 'before' | 'after' }
  /** The connection ends without an answer. */
  | { readonly kind: 'eof'; readonly when: 'before' | 'after' }
  /** The answer ends in the middle of its body. */
  | { readonly kind: 'truncate' }
  /** The head of the answer comes, its body never does: events that die in silence. */
  | { readonly kind: 'mute' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface FaultRule {
  readonly fault: EngineFault;
  readonly matches: (request: RecordedRequest) => boolean;
  /** How often it strikes; 1 by default, `Infinity` until it is removed. */
  readonly times?: number;
}

/** Faults in the order of their rules; the first that matches strikes. */
export class FaultPlan {
  #rules: { readonly rule: FaultRule; left: number }[] = [];

  /** @returns removes the rule. */
  add(rule: FaultRule): () => void {
    const entry = { rule, left: rule.times ?? 1 };
    this.#rules.push(entry);
    return () => {
      this.#rules = this.#rules.filter((each) => each !== entry);
    };
  }

  clear(): void {
    this.#rules = [];
  }

  next(request: RecordedRequest): EngineFault | undefined {
    const entry = this.#rules.find(({ rule, left }) => left > 0 && rule.matches(request));
    if (!entry) return undefined;
    entry.left -= 1;
    return entry.rule.fault;
  }
}

/** Matches by method and path: `on('POST', '/containers/create')`, `on('DELETE', /containers/)`. */
export const on =
  (method: string, path: string | RegExp): FaultRule['matches'] =>
  (request) =>
    request.method === method &&
    (typeof path === 'string' ? request.path === path : path.test(request.path));
