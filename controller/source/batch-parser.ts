/** One answer of `git cat-file --batch` or `--batch-check`. */
export type BatchAnswer =
  | { readonly found: false }
  | {
      readonly found: true;
      readonly id: string;
      readonly type: string;
      readonly size: number;
      /** Empty where only the header was asked for. */
      readonly content: Uint8Array;
    };

const HEADER = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d{1,15})$/;
const MAX_HEADER_BYTES = 8192;

/** Cuts the stream of answers, whatever the chunks. Contents are copies: they pin no chunk. */
export class BatchParser {
  readonly #withContent: boolean;
  readonly #onAnswer: (answer: BatchAnswer) => void;
  #header = '';
  #open: { id: string; type: string; content: Uint8Array; filled: number } | undefined;

  constructor(withContent: boolean, onAnswer: (answer: BatchAnswer) => void) {
    this.#withContent = withContent;
    this.#onAnswer = onAnswer;
  }

  /** @throws Error when the stream is not what git writes. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) at = this.#open ? this.#fill(chunk, at) : this.#head(chunk, at);
  }

  #head(chunk: Uint8Array, at: number): number {
    const end = chunk.indexOf(10, at);
    this.#header += Buffer.from(chunk.subarray(at, end < 0 ? undefined : end)).toString('latin1');
    if (this.#header.length > MAX_HEADER_BYTES) throw new Error('cat-file: endless header');
    if (end < 0) return chunk.length;
    const line = this.#header;
    this.#header = '';
    this.#begin(line);
    return end + 1;
  }

  #begin(line: string): void {
    const match = HEADER.exec(line);
    if (!match) {
      if (!/ (?:missing|ambiguous)$/.test(line)) throw new Error('cat-file: unknown answer');
      this.#onAnswer({ found: false });
      return;
    }
    const [, id = '', type = '', digits = ''] = match;
    const size = Number(digits);
    if (this.#withContent) {
      this.#open = { id, type, content: new Uint8Array(size), filled: 0 };
      return;
    }
    this.#onAnswer({ found: true, id, type, size, content: new Uint8Array(0) });
  }

  /** The content is followed by one line feed. */
  #fill(chunk: Uint8Array, at: number): number {
    const open = this.#open;
    if (!open) return at;
    const { id, type, content } = open;
    const part = chunk.subarray(at, at + content.length - open.filled);
    content.set(part, open.filled);
    open.filled += part.length;
    const next = at + part.length;
    if (open.filled < content.length || next >= chunk.length) return next;
    this.#open = undefined;
    this.#onAnswer({ found: true, id, type, size: content.length, content });
    return next + 1;
  }
}
