import type { Entry, Violation } from '../world/history.ts';

/**
 * I1: once an agent has an epoch on its disk, it begins nothing of a lower one; and whatever comes
 * again, an operation is begun once.
 */
export function checkEpochs(entries: readonly Entry[]): readonly Violation[] {
  const epochs = new Map<string, bigint>();
  const journals = new Map<string, HostJournal>();
  return entries.flatMap((entry) => {
    if (entry.type === 'sent') epochs.set(entry.operation, entry.epoch);
    if (entry.type !== 'journal') return [];
    const { host, line, atMs } = entry;
    const journal = journals.get(host) ?? new HostJournal(epochs);
    journals.set(host, journal);
    return journal.take(line).map((message) => ({ id: 'I1', atMs, message: `${host} ${message}` }));
  });
}

class HostJournal {
  readonly #epochs: ReadonlyMap<string, bigint>;
  readonly #begun = new Set<string>();
  #highest = 0n;

  constructor(epochs: ReadonlyMap<string, bigint>) {
    this.#epochs = epochs;
  }

  take(line: string): readonly string[] {
    const { t, id, epoch } = JSON.parse(line) as { t: string; id?: string; epoch?: string };
    if (t === 'epoch') this.#raise(BigInt(epoch ?? '0'));
    return t === 'begin' && id !== undefined ? this.#begin(id) : [];
  }

  #raise(epoch: bigint): void {
    if (epoch > this.#highest) this.#highest = epoch;
  }

  #begin(id: string): readonly string[] {
    const epoch = this.#epochs.get(id) ?? 0n;
    const stale = epoch < this.#highest;
    const again = this.#begun.has(id);
    this.#begun.add(id);
    return [
      ...(stale ? [`begins ${id} of epoch ${epoch} after ${this.#highest}`] : []),
      ...(again ? [`begins ${id} again`] : []),
    ];
  }
}
