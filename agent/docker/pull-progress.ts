import type { OperationProgress } from '../../schemas/domain/index.ts';

interface Layer {
  readonly done: number;
  readonly total: number;
}

/** An image has at most 127 layers; what an engine says beyond is not counted. */
const MOST_LAYERS = 256;
const THERE = new Set(['Download complete', 'Pull complete', 'Verifying Checksum', 'Extracting']);

/** Adds up what the engine tells of each layer. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();

  /** @param line as the engine sends it. */
  add(line: Readonly<Record<string, unknown>>): OperationProgress {
    const { id, status } = line;
    if (typeof id === 'string' && typeof status === 'string') this.#layer(id, status, line);
    let [doneBytes, totalBytes] = [0, 0];
    for (const { done, total } of this.#layers.values()) {
      doneBytes += done;
      totalBytes += total;
    }
    return { text: progressText(line), doneBytes, totalBytes };
  }

  #layer(id: string, status: string, { progressDetail }: Readonly<Record<string, unknown>>): void {
    const known = this.#layers.get(id);
    if (THERE.has(status)) {
      if (known) this.#layers.set(id, { done: known.total, total: known.total });
      return;
    }
    if (status !== 'Downloading' || (!known && this.#layers.size >= MOST_LAYERS)) return;
    const { current, total } = (progressDetail ?? {}) as Readonly<Record<string, unknown>>;
    if (!isBytes(current)) return;
    const all = isBytes(total) ? total : (known?.total ?? 0);
    this.#layers.set(id, { done: Math.min(current, all), total: all });
  }
}

const isBytes = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

function progressText(line: Readonly<Record<string, unknown>>): string {
  const parts = [line['id'], line['status'], line['progress']];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' ');
}
