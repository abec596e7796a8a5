import type { Logger } from '../../kit/logger.ts';
import type { AppId, FilesTold, Outcome, Owner } from '../../schemas/domain/index.ts';
import { withoutAge } from '../core/record-key.ts';
import type { Journal } from './ports.ts';

/** Text that grows at its end and is now and then written anew. */
export interface JournalFile {
  read(): Promise<string>;
  /** `sync`: on disk when it resolves; otherwise it survives the process, not the machine. */
  append(text: string, sync: boolean): Promise<void>;
  /** All or nothing, on disk when it resolves. */
  replace(text: string): Promise<void>;
}

type Entry =
  | { readonly t: 'epoch'; readonly epoch: string }
  | { readonly t: 'begin'; readonly id: string }
  | { readonly t: 'end'; readonly id: string; readonly outcome: Outcome }
  | {
      readonly t: 'record';
      readonly container: string;
      readonly app: AppId;
      /** Of what was adopted: what its labels would say. */
      readonly owner?: Owner;
    }
  | { readonly t: 'files'; readonly container: string; readonly told: FilesTold }
  | { readonly t: 'forget'; readonly container: string };

/** Operations remembered; a controller asks again within minutes, not after this many. */
const OPERATION_LIMIT = 4096;
/** Lines after which the file is written anew. */
const COMPACT_LINES = 20_000;

/**
 * What has to outlive the process, as lines appended to one file. A torn last line is what a
 * crash leaves: it was never acknowledged, so it is dropped.
 */
export class FileJournal implements Journal {
  readonly #file: JournalFile;
  readonly #operations = new Map<string, 'begun' | Outcome>();
  readonly #records = new Map<string, { readonly app: AppId; readonly owner?: Owner }>();
  readonly #files = new Map<string, FilesTold>();
  #epoch = 0n;
  #lines = 0;
  #tail: Promise<void> = Promise.resolve();

  private constructor(file: JournalFile) {
    this.#file = file;
  }

  /** Reads what earlier processes left. Lines that cannot be read are dropped and logged. */
  static async open(file: JournalFile, logger: Logger): Promise<FileJournal> {
    const journal = new FileJournal(file);
    const lines = (await file.read()).split('\n').filter((line) => line !== '');
    let dropped = 0;
    for (const line of lines) {
      const entry = parseEntry(line);
      if (entry) journal.#apply(entry);
      else dropped += 1;
    }
    journal.#dropAges();
    if (dropped > 0) logger.warn({ dropped }, 'journal lines could not be read');
    await file.replace(journal.#text());
    return journal;
  }

  epoch(): bigint {
    return this.#epoch;
  }

  operation(id: string): 'begun' | Outcome | undefined {
    return this.#operations.get(id);
  }

  recordedApp(key: string): AppId | undefined {
    return this.#records.get(key)?.app;
  }

  adopted(key: string): Owner | undefined {
    return this.#records.get(key)?.owner;
  }

  files(containerId: string): FilesTold | undefined {
    return this.#files.get(containerId);
  }

  tellFiles(container: string, told: FilesTold): Promise<void> {
    return this.#write({ t: 'files', container, told }, true);
  }

  raiseEpoch(epoch: bigint): Promise<void> {
    return this.#write({ t: 'epoch', epoch: String(epoch) }, true);
  }

  begin(id: string): Promise<void> {
    return this.#write({ t: 'begin', id }, true);
  }

  /** Not forced to disk: after a power cut it counts as interrupted, and the host is observed. */
  end(id: string, outcome: Outcome): Promise<void> {
    return this.#write({ t: 'end', id, outcome }, false);
  }

  record(container: string, app: AppId, owner?: Owner): Promise<void> {
    const known = this.#records.get(container);
    if (known?.app === app && JSON.stringify(known.owner) === JSON.stringify(owner)) {
      return Promise.resolve();
    }
    return this.#write({ t: 'record', container, app, ...(owner && { owner }) }, true);
  }

  /** Of all objects of which something is known. */
  keys(): readonly string[] {
    return [...new Set([...this.#records.keys(), ...this.#files.keys()])];
  }

  forget(container: string): Promise<void> {
    if (!this.#records.has(container) && !this.#files.has(container)) return Promise.resolve();
    return this.#write({ t: 'forget', container }, false);
  }

  /** Earlier versions knew a volume by its age, too: the last such record counts. */
  #dropAges(): void {
    for (const [key, record] of [...this.#records]) {
      const name = withoutAge(key);
      if (name === key) continue;
      this.#records.delete(key);
      this.#records.set(name, record);
    }
  }

  #write(entry: Entry, sync: boolean): Promise<void> {
    this.#apply(entry);
    this.#lines += 1;
    const compact = this.#lines > COMPACT_LINES;
    if (compact) this.#lines = 0;
    const write = () =>
      compact ? this.#file.replace(this.#text()) : this.#file.append(lineOf(entry), sync);
    const written = this.#tail.then(write);
    this.#tail = written.catch(() => {});
    return written;
  }

  #apply(entry: Entry): void {
    switch (entry.t) {
      case 'epoch':
        if (BigInt(entry.epoch) > this.#epoch) this.#epoch = BigInt(entry.epoch);
        return;
      case 'begin':
        this.#remember(entry.id, 'begun');
        return;
      case 'end':
        this.#remember(entry.id, entry.outcome);
        return;
      case 'record':
        this.#records.set(entry.container, {
          app: entry.app,
          ...(entry.owner && { owner: entry.owner }),
        });
        return;
      case 'files':
        this.#files.set(entry.container, entry.told);
        return;
      case 'forget':
        this.#records.delete(entry.container);
        this.#files.delete(entry.container);
        return;
    }
  }

  /** The oldest ones are forgotten, those still under way never. */
  #remember(id: string, state: 'begun' | Outcome): void {
    this.#operations.delete(id);
    this.#operations.set(id, state);
    if (this.#operations.size <= OPERATION_LIMIT) return;
    const oldest = this.#operations.keys().next().value;
    if (oldest !== undefined) this.#operations.delete(oldest);
  }

  #text(): string {
    const entries: Entry[] = [{ t: 'epoch', epoch: String(this.#epoch) }];
    for (const [container, record] of this.#records) {
      entries.push({ t: 'record', container, ...record });
    }
    for (const [container, told] of this.#files) entries.push({ t: 'files', container, told });
    for (const [id, state] of this.#operations) {
      entries.push(state === 'begun' ? { t: 'begin', id } : { t: 'end', id, outcome: state });
    }
    return entries.map(lineOf).join('');
  }
}

const UNTOLD = 'it failed; why was told when it did';

const lineOf = (entry: Entry): string => `${JSON.stringify(withoutWords(entry))}\n`;

/** An engine's or a command's words may quote what an app was given in secret: not kept on disk. */
function withoutWords(entry: Entry): Entry {
  if (entry.t === 'files' && entry.told.error !== '') {
    return { ...entry, told: { ...entry.told, error: UNTOLD } };
  }
  if (entry.t !== 'end' || !entry.outcome.error) return entry;
  const error = { ...entry.outcome.error, message: UNTOLD };
  return { ...entry, outcome: { ...entry.outcome, error } };
}

function parseEntry(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    return KINDS.includes(entry.t) ? entry : undefined;
  } catch {
    return undefined;
  }
}

const KINDS: readonly Entry['t'][] = ['epoch', 'begin', 'end', 'record', 'files', 'forget'];
