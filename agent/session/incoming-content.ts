import type { ContentPart } from '../../proto/gen/skep/agent/v1/agent.ts';

const MOST_BYTES = 32 * 1024 * 1024;

/** Gathers the content of one operation, which comes before it in parts. */
export class IncomingContent {
  #operationId = '';
  #parts: Uint8Array[] = [];
  #size = 0;

  add({ operationId, bytes }: ContentPart): void {
    if (operationId !== this.#operationId) this.#begin(operationId);
    this.#size += bytes.length;
    // Too much is counted, not kept: the operation is then refused for its size.
    if (this.#size <= MOST_BYTES) this.#parts.push(bytes);
  }

  /** The content of that operation, or undefined where it did not come whole. */
  take(operationId: string, size: number): Uint8Array | undefined {
    const whole = operationId === this.#operationId && size === this.#size && size <= MOST_BYTES;
    const content = whole ? Buffer.concat(this.#parts) : undefined;
    this.#begin('');
    return content;
  }

  #begin(operationId: string): void {
    this.#operationId = operationId;
    this.#parts = [];
    this.#size = 0;
  }
}
