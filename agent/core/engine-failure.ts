import type { OperationErrorCode } from '../../schemas/domain/index.ts';

export type Fault = 'spec' | 'world' | 'host';

/**
 * An engine call that did not succeed, classified where it was made (`classify-engine-error.ts`):
 * nobody else looks at status codes' texts.
 */
export class EngineFailure extends Error {
  readonly code: OperationErrorCode;
  readonly fault: Fault;
  /** The engine's HTTP status; undefined where no whole answer came. */
  readonly status: number | undefined;

  constructor(
    code: OperationErrorCode,
    fault: Fault,
    message: string,
    options: { readonly status?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineFailure';
    this.code = code;
    this.fault = fault;
    this.status = options.status;
  }

  /** True where the engine may have done it all the same: no whole answer, or its own fault. */
  get uncertain(): boolean {
    return this.status === undefined || this.status >= 500;
  }
}
