import type { Code } from '../codes.ts';

/** An issue before its file is known: `at` is an offset into the text. */
export interface Fault {
  readonly code: Code;
  readonly at: number;
  /** Dotted path inside the document. */
  readonly path?: string;
  readonly message: string;
  readonly hint?: string;
  /** A second place that the message should name. */
  readonly relatedAt?: number;
}
