import type {
  AppId,
  CommitSha,
  Condition,
  Health,
  HostName,
  Reason,
  ServiceChange,
  ServiceStatus,
  Sync,
  UnitKey,
  UnitStatus,
} from '../../../schemas/domain/index.ts';
import { CONDITION_TYPES, REASONS } from '../../../schemas/domain/index.ts';

export interface UnitStatusInput {
  readonly key: UnitKey;
  readonly app: AppId;
  readonly host: HostName;
  readonly previous?: UnitStatus;
  readonly health: Health;
  readonly sync: Sync;
  readonly reason: Reason;
  readonly message: string;
  /** Something is under way, or will be tried again by itself. */
  readonly reconciling: boolean;
  /** Nothing more happens until something changes. */
  readonly stalled: boolean;
  readonly revision: CommitSha | null;
  readonly appliedRevision: CommitSha | null;
  readonly appliedFingerprint: string | null;
  readonly services: readonly ServiceStatus[];
  readonly pending: readonly ServiceChange[];
  readonly logs: readonly string[];
  readonly nowIso: string;
}

/** Log lines kept with a status. */
const LOG_LINES = 20;

/**
 * A unit's status, its three conditions written in one place: `Ready` speaks for what runs,
 * `Reconciling` and `Stalled` for what the controller does about it (kstatus' idea).
 */
export function unitStatus(input: UnitStatusInput): UnitStatus {
  const ready = input.health === 'Healthy' && input.sync === 'Synced';
  const known = input.health !== 'Unknown';
  return {
    key: input.key,
    app: input.app,
    host: input.host,
    health: input.health,
    sync: input.sync,
    revision: input.revision,
    appliedRevision: input.appliedRevision,
    appliedFingerprint: input.appliedFingerprint,
    conditions: [
      condition(input, 'Ready', ready ? 'True' : known ? 'False' : 'Unknown'),
      condition(input, 'Reconciling', input.reconciling ? 'True' : 'False'),
      condition(input, 'Stalled', input.stalled ? 'True' : 'False'),
    ],
    services: input.services,
    pending: input.pending,
    logs: input.logs.slice(-LOG_LINES),
    updatedAt: input.nowIso,
  };
}

/** `since` moves only when status or reason does. */
function condition(
  input: UnitStatusInput,
  type: Condition['type'],
  status: Condition['status'],
): Condition {
  const before = input.previous?.conditions.find((candidate) => candidate.type === type);
  const { reason, message, nowIso } = input;
  const same = before?.status === status && before.reason === reason;
  return { type, status, reason, message, since: same ? before.since : nowIso };
}

/** What is wrong with a status, for tests: empty when every invariant holds. */
export function checkUnitStatus(status: UnitStatus): readonly string[] {
  const faults: string[] = [];
  const types = status.conditions.map(({ type }) => type).join();
  if (types !== CONDITION_TYPES.join()) faults.push(`conditions are ${types}`);
  const [ready, reconciling, stalled] = status.conditions;
  if (reconciling?.status === 'True' && stalled?.status === 'True') {
    faults.push('both Reconciling and Stalled');
  }
  if (ready?.status === 'True' && (status.health !== 'Healthy' || status.sync !== 'Synced')) {
    faults.push(`Ready although ${status.health} and ${status.sync}`);
  }
  if (ready?.status === 'True' && stalled?.status === 'True') faults.push('Ready and Stalled');
  if (status.sync === 'Synced' && status.pending.length > 0) faults.push('Synced with changes');
  for (const { reason, type } of status.conditions) {
    if (!REASONS.includes(reason)) faults.push(`${type} has the unknown reason ${reason}`);
  }
  return faults;
}
