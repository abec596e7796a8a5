import { join } from 'node:path';
import {
  type InstallationId,
  sha256,
  toInstallationId,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import type {
  Completion,
  FailedMark,
  ImageLockEntry,
  Removals,
  Vault,
  VaultFacts,
} from '../reconcile/ports.ts';
import {
  makePrivateFolder,
  readAllJson,
  readIfThere,
  readJson,
  removeDurable,
  writeDurable,
} from './durable-file.ts';

interface UnitFile {
  readonly unit: UnitKey;
  readonly locks: readonly ImageLockEntry[];
  readonly failed: readonly FailedMark[];
  /** Absent in files of versions that knew no one-shots. */
  readonly completed?: readonly Completion[];
}

/** Contents of a unit whose image locks are kept: a revert brings the old digest back. */
const LOCKS_KEPT = 20;
const NO_REMOVALS: Removals = { judged: null, allowed: [], held: [] };
const SECRET_NAME = /^[a-z0-9][a-z0-9.-]{0,100}$/;

/**
 * Durable facts as files, 0600 in a 0700 folder, one per unit so that a write costs the same on a
 * large fleet. Written one at a time; each is on disk when its promise resolves.
 */
export class FileVault implements Vault {
  readonly #folder: string;
  readonly #installation: InstallationId;
  readonly #units: Map<UnitKey, UnitFile>;
  #removals: Removals;
  #tail: Promise<void> = Promise.resolve();

  private constructor(
    folder: string,
    installation: InstallationId,
    units: readonly UnitFile[],
    removals: Removals,
  ) {
    this.#folder = folder;
    this.#installation = installation;
    this.#units = new Map(units.map((unit) => [unit.unit, unit]));
    this.#removals = removals;
  }

  /**
   * Opens the folder, or makes it with a new installation id.
   * @throws Failure VaultUnreadable, VaultUnwritable, VaultCorrupt
   */
  static async open(folder: string, randomBytes: (count: number) => Buffer): Promise<FileVault> {
    for (const part of ['', 'units', 'secrets']) await makePrivateFolder(join(folder, part));
    const path = join(folder, 'installation.json');
    let known = await readJson<{ id: string }>(path);
    if (!known) {
      known = { id: randomBytes(8).toString('hex') };
      await writeDurable(path, JSON.stringify(known));
    }
    const units = await readAllJson<UnitFile>(join(folder, 'units'));
    const removals = (await readJson<Removals>(join(folder, 'removals.json'))) ?? NO_REMOVALS;
    return new FileVault(folder, toInstallationId(known.id), units, removals);
  }

  installation(): InstallationId {
    return this.#installation;
  }

  facts(): VaultFacts {
    const units = [...this.#units.values()];
    return {
      imageLocks: new Map(units.map(({ unit, locks }) => [unit, locks])),
      failedMarks: units.flatMap(({ failed }) => failed),
      completions: units.flatMap(({ completed = [] }) => completed),
      removals: this.#removals,
    };
  }

  async putImageLocks(unit: UnitKey, entry: ImageLockEntry): Promise<void> {
    await this.#change(unit, (file) => {
      const others = file.locks.filter((other) => other.contentHash !== entry.contentHash);
      return { ...file, locks: [...others, entry].slice(-LOCKS_KEPT) };
    });
  }

  async putFailedMark(mark: FailedMark): Promise<void> {
    await this.#change(mark.unit, (file) => {
      const others = file.failed.filter(
        (other) =>
          other.service !== mark.service ||
          other.specHash !== mark.specHash ||
          other.number !== mark.number,
      );
      return { ...file, failed: [...others, mark] };
    });
  }

  async putCompletion(completion: Completion): Promise<void> {
    await this.#change(completion.unit, ({ completed = [], ...file }) => {
      const others = completed.filter(
        (other) => other.service !== completion.service || other.number !== completion.number,
      );
      return { ...file, completed: [...others, completion] };
    });
  }

  async keepMarks(unit: UnitKey, specHashes: readonly string[]): Promise<void> {
    const isKept = ({ specHash }: { readonly specHash: string }) => specHashes.includes(specHash);
    await this.#change(unit, ({ completed = [], ...file }) => ({
      ...file,
      failed: file.failed.filter(isKept),
      completed: completed.filter(isKept),
    }));
  }

  async putRemovals(removals: Removals): Promise<void> {
    await this.#inTurn(async () => {
      await writeDurable(join(this.#folder, 'removals.json'), JSON.stringify(removals));
      this.#removals = removals;
    });
  }

  async forgetUnit(unit: UnitKey): Promise<void> {
    await this.#inTurn(async () => {
      await removeDurable(this.#path(unit));
      this.#units.delete(unit);
    });
  }

  /** Bytes of a named secret (`ca.key`, `api-signing.json`), undefined where there is none. */
  async secret(name: string): Promise<Buffer | undefined> {
    return await readIfThere(this.#secretPath(name));
  }

  async putSecret(name: string, bytes: string | Uint8Array): Promise<void> {
    await this.#inTurn(() => writeDurable(this.#secretPath(name), bytes));
  }

  #secretPath(name: string): string {
    if (!SECRET_NAME.test(name)) throw new TypeError(`not a secret's name: ${name}`);
    return join(this.#folder, 'secrets', name);
  }

  #path(unit: UnitKey): string {
    return join(this.#folder, 'units', `${sha256(unit)}.json`);
  }

  async #change(unit: UnitKey, change: (file: UnitFile) => UnitFile): Promise<void> {
    await this.#inTurn(async () => {
      const next = change(this.#units.get(unit) ?? { unit, locks: [], failed: [] });
      await writeDurable(this.#path(unit), JSON.stringify(next));
      this.#units.set(unit, next);
    });
  }

  async #inTurn(write: () => Promise<void>): Promise<void> {
    const turn = this.#tail.then(write);
    this.#tail = turn.catch(() => {});
    await turn;
  }
}
