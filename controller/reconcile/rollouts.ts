import type { AuditEntry, OperationRecord, Reason, UnitKey } from '../../schemas/domain/index.ts';
import { splitUnitKey } from '../../schemas/domain/index.ts';
import { deadlineMs } from '../core/plan/strategy.ts';
import type { PassOptions } from './pass-options.ts';
import type { PassEnd } from './queue.ts';
import { beginRollout, type Rollout, signatureOf } from './rollout.ts';
import type { StatusFacts } from './status-writer.ts';

const NEVER_APPLIED = '';
/** Of all the names of operations in one audit entry, far below what the audit takes. */
const AUDITED_CHARS = 8_000;

/** Names and outcomes, as many as there is room for; the history has them all. */
function audited(records: readonly OperationRecord[]): AuditEntry['detail'] {
  let room = AUDITED_CHARS;
  const told = records.filter(({ id }) => {
    room -= id.length;
    return room > 0;
  });
  const more = records.length - told.length;
  const operations = told.map(({ id, outcome }) => [id, outcome.status]);
  return { operations, ...(more > 0 && { more }) };
}

const stampOf = (fingerprint: string | undefined, signature: string): string =>
  `${fingerprint ?? NEVER_APPLIED}\n${signature}`;

/** The rollouts under way, one a unit, from the first operation until they are over. */
export class Rollouts {
  readonly #options: PassOptions;
  readonly #rollouts = new Map<UnitKey, Rollout>();

  readonly #stuck = new Map<UnitKey, string>();

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** The very plan that was carried out often enough and is still there: it is left alone. */
  isStuck({ key, unit, result }: StatusFacts): boolean {
    const stuck = this.#stuck.get(key);
    return stuck === stampOf(unit?.fingerprint, signatureOf(result.plan));
  }

  stick(facts: StatusFacts): void {
    const { key, unit, result } = facts;
    this.#stuck.set(key, stampOf(unit?.fingerprint, signatureOf(result.plan)));
  }

  unstick(key: UnitKey): void {
    this.#stuck.delete(key);
  }

  known(key: UnitKey): Rollout | undefined {
    return this.#rollouts.get(key);
  }

  /** The one under way, or a new one where something else is asked for. */
  of(facts: StatusFacts): Rollout {
    const fingerprint = facts.unit?.fingerprint ?? NEVER_APPLIED;
    const known = this.#rollouts.get(facts.key);
    if (known?.fingerprint === fingerprint) return known;
    const revision = facts.app?.revision ?? facts.desired.revision;
    const rollout = beginRollout(fingerprint, revision, this.#options.clock.now());
    this.#rollouts.set(facts.key, rollout);
    return rollout;
  }

  async finish(
    key: UnitKey,
    result: 'done' | 'failed' | 'superseded',
    reason: Reason | null,
    message: string,
  ): Promise<void> {
    const rollout = this.#rollouts.get(key);
    if (!rollout) return;
    this.#rollouts.delete(key);
    const { revision, records } = rollout;
    if (records.length === 0) return;
    const { app, host } = splitUnitKey(key);
    const { clock, store } = this.#options;
    const startedAt = new Date(rollout.startedMs).toISOString();
    const finishedAt = new Date(clock.now()).toISOString();
    const entry = {
      unit: key,
      app,
      host,
      revision,
      startedAt,
      finishedAt,
      result,
      reason,
      message,
    };
    await store.addHistory({ ...entry, operations: records });
    await store.addAudit({
      at: finishedAt,
      actor: 'controller',
      action: 'rollout',
      subject: key,
      detail: { revision, result, ...audited(records) },
    });
  }

  /** Past the deadline only a change helps: what it could fail has been judged. */
  untilDeadline({ key, app, unit }: StatusFacts, recheckMs: number | undefined): PassEnd {
    const rollout = this.#rollouts.get(key);
    const endMs = rollout && app && unit && rollout.startedMs + deadlineMs(app, unit);
    const leftMs = endMs === undefined ? 0 : endMs - this.#options.clock.now();
    const due = [recheckMs ?? 0, leftMs].filter((ms) => ms > 0);
    // The deadline may pass between the judgement and here.
    const isUnjudged = rollout && endMs !== undefined && leftMs <= 0 && rollout.judgedMs < endMs;
    if (recheckMs === 0 || isUnjudged) return { kind: 'again', afterMs: 0 };
    return due.length > 0 ? { kind: 'again', afterMs: Math.min(...due) } : { kind: 'stalled' };
  }
}
