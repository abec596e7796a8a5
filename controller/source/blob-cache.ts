/** Least recently used contents by id, bounded by their bytes. */
export class BlobCache {
  readonly #maxBytes: number;
  readonly #contents = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(id: string): Uint8Array | undefined {
    const content = this.#contents.get(id);
    if (content === undefined) return undefined;
    this.#contents.delete(id);
    this.#contents.set(id, content);
    return content;
  }

  put(id: string, content: Uint8Array): void {
    const cost = costOf(content);
    if (this.#contents.has(id) || cost > this.#maxBytes / 4) return;
    this.#contents.set(id, content);
    this.#bytes += cost;
    for (const [oldest, old] of this.#contents) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#contents.delete(oldest);
      this.#bytes -= costOf(old);
    }
  }
}

/** An entry costs its bookkeeping too, or a million empty files would be free. */
const costOf = (content: Uint8Array): number => content.length + 200;
