import type { CommitSha, OperationRecord, Plan } from '../../schemas/domain/index.ts';

/** What a pass remembers of the way it is on, from the first operation until it is over. */
export interface Rollout {
  /** Its deadline counts from here; waiting for another app does not use it up. */
  startedMs: number;
  /** When it was last looked at for failures. */
  judgedMs: number;
  readonly fingerprint: string;
  readonly revision: CommitSha | null;
  readonly records: OperationRecord[];
  /** The most that it was to take; waits that end between two passes are in no later plan. */
  steps: number;
  /** How often the very same plan was carried out in full and was still there afterwards. */
  repeats: number;
  signature: string;
}

/** Operation records kept of one rollout. */
const RECORDS_KEPT = 1_000;
/** The same plan carried out this often is our normaliser's bug (decision 4). */
export const REPEATS_ALLOWED = 3;

export function beginRollout(
  fingerprint: string,
  revision: CommitSha | null,
  startedMs: number,
): Rollout {
  const counts = { records: [], steps: 0, repeats: 0, signature: '' };
  return { startedMs, judgedMs: startedMs, fingerprint, revision, ...counts };
}

export function addRecords(rollout: Rollout, records: readonly OperationRecord[]): void {
  const room = RECORDS_KEPT - rollout.records.length;
  if (room > 0) rollout.records.push(...records.slice(0, room));
}

export const signatureOf = (plan: Plan): string =>
  plan.operations.map((operation) => operation.id).join('\n');

/** Counts a plan that was carried out in full. @returns false when it has been so too often. */
export function countCompletion(rollout: Rollout, plan: Plan): boolean {
  const signature = signatureOf(plan);
  rollout.repeats = signature === rollout.signature ? rollout.repeats + 1 : 1;
  rollout.signature = signature;
  return rollout.repeats < REPEATS_ALLOWED;
}
