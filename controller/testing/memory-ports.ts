/** Vault and store of reconcile, in memory, with what was put into them. */
import type {
  AppliedSpecs,
  AppStatus,
  AuditEntry,
  HistoryEntry,
  RevisionStatus,
  SkepEvent,
  UnitKey,
  UnitStatus,
} from '../../schemas/domain/index.ts';
import type {
  Completion,
  FailedMark,
  ImageLockEntry,
  Removals,
  Store,
  Vault,
  VaultFacts,
} from '../reconcile/ports.ts';
import { INSTALLATION } from './builders.ts';

export class MemoryVault implements Vault {
  readonly locks = new Map<UnitKey, readonly ImageLockEntry[]>();
  marks: FailedMark[] = [];
  completions: Completion[] = [];
  removals: Removals = { judged: null, allowed: [], held: [] };

  installation = () => INSTALLATION;
  facts = (): VaultFacts => ({
    imageLocks: new Map(this.locks),
    failedMarks: this.marks,
    completions: this.completions,
    removals: this.removals,
  });
  putImageLocks = async (unit: UnitKey, entry: ImageLockEntry) => {
    const isOther = (other: ImageLockEntry) => other.contentHash !== entry.contentHash;
    this.locks.set(unit, [...(this.locks.get(unit) ?? []).filter(isOther), entry]);
  };
  putFailedMark = async (mark: FailedMark) => void this.marks.push(mark);
  putCompletion = async (completion: Completion) => void this.completions.push(completion);
  keepMarks = async (unit: UnitKey, hashes: readonly string[]) => {
    const isKept = (mark: { readonly unit: UnitKey; readonly specHash: string }) =>
      mark.unit !== unit || hashes.includes(mark.specHash);
    this.marks = this.marks.filter(isKept);
    this.completions = this.completions.filter(isKept);
  };
  putRemovals = async (removals: Removals) => {
    this.removals = removals;
  };
  forgetUnit = async (unit: UnitKey) => {
    this.locks.delete(unit);
    this.marks = this.marks.filter((mark) => mark.unit !== unit);
    this.completions = this.completions.filter((one) => one.unit !== unit);
  };
}

export class MemoryStore implements Store {
  readonly byUnit = new Map<UnitKey, UnitStatus>();
  readonly specsByUnit = new Map<UnitKey, AppliedSpecs>();
  readonly events: SkepEvent[] = [];
  readonly histories: Omit<HistoryEntry, 'id'>[] = [];
  readonly revisions = new Map<string, RevisionStatus>();
  readonly audits: AuditEntry[] = [];

  putRevision = async (revision: RevisionStatus) => {
    this.revisions.set(revision.sha, revision);
  };
  revision = async (sha: string) => this.revisions.get(sha);
  putUnit = async (unit: UnitStatus) => {
    this.byUnit.set(unit.key, unit);
  };
  removeUnit = async (key: UnitKey) => {
    this.byUnit.delete(key);
  };
  units = async () => [...this.byUnit.values()];
  putSpecs = async (specs: AppliedSpecs) => {
    this.specsByUnit.set(specs.key, specs);
  };
  removeSpecs = async (key: UnitKey) => {
    this.specsByUnit.delete(key);
  };
  specs = async () => [...this.specsByUnit.values()];
  putApp = async (_app: AppStatus) => {};
  removeApp = async () => {};
  putHost = async () => {};
  removeHost = async () => {};
  putSource = async () => {};
  addHistory = async (entry: Omit<HistoryEntry, 'id'>) => this.histories.push(entry);
  addEvent = async (event: Omit<SkepEvent, 'id'>) => {
    const whole = { ...event, id: this.events.length + 1 };
    this.events.push(whole);
    return whole;
  };
  addAudit = async (entry: Omit<AuditEntry, 'id'>) => {
    const whole = { ...entry, id: this.audits.length + 1 } as AuditEntry;
    this.audits.push(whole);
    return whole;
  };
}
