import { status } from '@grpc/grpc-js';

/** Why a session ends; the codes are those of agent.proto. */
export const END_STATUS = {
  S_REPLACED: status.ABORTED,
  S_STOPPING: status.ABORTED,
  S_SILENT: status.DEADLINE_EXCEEDED,
  S_FLOOD: status.RESOURCE_EXHAUSTED,
  S_IMPLAUSIBLE: status.RESOURCE_EXHAUSTED,
  S_SEQUENCE: status.FAILED_PRECONDITION,
  S_PROTOCOL: status.FAILED_PRECONDITION,
  S_IDENTITY: status.PERMISSION_DENIED,
  S_REVOKED: status.PERMISSION_DENIED,
  S_EXPIRED: status.PERMISSION_DENIED,
  S_CLOSED: status.OK,
} as const;
export type EndCode = keyof typeof END_STATUS;

export interface SessionEnd {
  readonly code: EndCode;
  /** For people: what happened and, where one must act, what to do. */
  readonly cause: string;
}

export const ended = (code: EndCode, cause: string): SessionEnd => ({ code, cause });

/** Thrown by the checks at a session's start. */
export class SessionRefused extends Error {
  readonly end: SessionEnd;

  constructor(code: EndCode, cause: string) {
    super(`${code}: ${cause}`);
    this.end = ended(code, cause);
  }
}
