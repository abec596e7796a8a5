import type { OperationError, OperationErrorCode } from '../../schemas/domain/index.ts';
import { EngineFailure, type Fault } from './engine-failure.ts';

/** An operation that the agent itself refuses or gives up. */
export class OperationFailure extends Error {
  readonly code: OperationErrorCode;
  readonly fault: Fault;

  constructor(code: OperationErrorCode, fault: Fault, message: string) {
    super(message);
    this.name = 'OperationFailure';
    this.code = code;
    this.fault = fault;
  }
}

/** What the outcome of an operation says about anything that was thrown. */
export function operationError(error: unknown): OperationError {
  if (error instanceof EngineFailure || error instanceof OperationFailure) {
    return { code: error.code, fault: error.fault, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'EngineError', fault: 'world', message };
}
