import type { SecretStore } from '../../../controller/fleet/ledger.ts';
import type {
  Completion,
  FailedMark,
  ImageLockEntry,
  Removals,
  Store,
  Vault,
} from '../../../controller/reconcile/ports.ts';
import {
  type AppliedSpecs,
  type AuditEntry,
  type InstallationId,
  type SkepEvent,
  toInstallationId,
  type UnitKey,
  type UnitStatus,
} from '../../../schemas/domain/index.ts';
import type { Life } from './life.ts';

export const INSTALLATION: InstallationId = toInstallationId('0123456789abcdef');

/** What the vault's files hold. */
export interface VaultDisk {
  readonly locks: Map<UnitKey, readonly ImageLockEntry[]>;
  readonly failed: Map<UnitKey, readonly FailedMark[]>;
  readonly completed: Map<UnitKey, readonly Completion[]>;
  readonly secrets: Map<string, string>;
  removals: Removals;
}

export const newVaultDisk = (secrets: ReadonlyMap<string, string>): VaultDisk => ({
  locks: new Map(),
  failed: new Map(),
  completed: new Map(),
  secrets: new Map(secrets),
  removals: { judged: null, allowed: [], held: [] },
});

/** One process's way to the vault. Writes are made one after another, as the real one does. */
export function openVault(disk: VaultDisk, life: Life): Vault & SecretStore {
  let tail: Promise<unknown> = Promise.resolve();
  const write = async (work: () => void): Promise<void> => {
    const turn = tail.then(() => life.ask(work));
    tail = turn;
    await turn;
  };
  const failedOf = (unit: UnitKey) => disk.failed.get(unit) ?? [];
  const completedOf = (unit: UnitKey) => disk.completed.get(unit) ?? [];
  return {
    installation: () => INSTALLATION,
    facts: () => ({
      imageLocks: new Map(disk.locks),
      failedMarks: [...disk.failed.values()].flat(),
      completions: [...disk.completed.values()].flat(),
      removals: disk.removals,
    }),
    putImageLocks: (unit, entry) =>
      write(() => {
        const isOther = (other: ImageLockEntry) => other.contentHash !== entry.contentHash;
        const others = (disk.locks.get(unit) ?? []).filter(isOther);
        disk.locks.set(unit, [...others, entry].slice(-20));
      }),
    putFailedMark: (mark) =>
      write(() => {
        const isOther = (other: FailedMark) =>
          other.service !== mark.service ||
          other.specHash !== mark.specHash ||
          other.number !== mark.number;
        disk.failed.set(mark.unit, [...failedOf(mark.unit).filter(isOther), mark]);
      }),
    putCompletion: (completion) =>
      write(() => {
        const { unit } = completion;
        disk.completed.set(unit, [...completedOf(unit), completion]);
      }),
    keepMarks: (unit, hashes) =>
      write(() => {
        const isKept = ({ specHash }: { specHash: string }) => hashes.includes(specHash);
        disk.failed.set(unit, failedOf(unit).filter(isKept));
        disk.completed.set(unit, completedOf(unit).filter(isKept));
      }),
    putRemovals: (removals) =>
      write(() => {
        disk.removals = removals;
      }),
    forgetUnit: (unit) =>
      write(() => {
        disk.locks.delete(unit);
        disk.failed.delete(unit);
        disk.completed.delete(unit);
      }),
    secret: async (name) => {
      const text = disk.secrets.get(name);
      return text === undefined ? undefined : Buffer.from(text);
    },
    putSecret: (name, bytes) => write(() => void disk.secrets.set(name, String(bytes))),
  };
}

/** What the status database keeps that anybody reads back. */
export interface StoreDisk {
  readonly units: Map<UnitKey, UnitStatus>;
  readonly specs: Map<UnitKey, AppliedSpecs>;
  serial: number;
}

export const newStoreDisk = (): StoreDisk => ({ units: new Map(), specs: new Map(), serial: 0 });

export function openStore(
  disk: StoreDisk,
  life: Life,
  onStatus: (status: UnitStatus) => void,
): Store {
  const done = () => life.ask(() => undefined, 2);
  const numbered = <T extends object>(row: T) =>
    life.ask(() => {
      disk.serial += 1;
      return { ...row, id: disk.serial };
    }, 2);
  return {
    units: () => life.ask(() => [...disk.units.values()]),
    putUnit: (unit) =>
      life.ask(() => {
        onStatus(unit);
        disk.units.set(unit.key, unit);
      }, 2),
    removeUnit: (key) => life.ask(() => void disk.units.delete(key), 2),
    putSpecs: (specs) => life.ask(() => void disk.specs.set(specs.key, specs), 2),
    removeSpecs: (key) => life.ask(() => void disk.specs.delete(key), 2),
    specs: () => life.ask(() => [...disk.specs.values()]),
    revision: async () => undefined,
    putRevision: done,
    putApp: done,
    removeApp: done,
    putHost: done,
    removeHost: done,
    putSource: done,
    addHistory: async (row) => (await numbered(row)).id,
    addEvent: (row): Promise<SkepEvent> => numbered(row),
    addAudit: (row): Promise<AuditEntry> => numbered(row) as Promise<AuditEntry>,
  };
}
