import { encodeOperation } from '../../proto/codec.ts';
import type { SessionResponse } from '../../proto/gen/skep/agent/v1/agent.ts';
import type { Dispatch } from '../reconcile/ports.ts';

const PART_BYTES = 1024 * 1024;
/** Below the 4 MiB of a message, with room for its other fields. */
const MOST_OPERATION_BYTES = 3 * 1024 * 1024;
/** A repository file has at most 16 MiB; the agent holds one at a time. */
const MOST_CONTENT_BYTES = 32 * 1024 * 1024;

/** An operation as messages: its content in parts, then the operation itself. */
export function operationMessages(
  dispatch: Dispatch,
  epoch: bigint,
): readonly Partial<SessionResponse>[] | 'too large' {
  const { operationId, unit, deadlineMs } = dispatch;
  const content = dispatch.content ?? new Uint8Array();
  const operation = encodeOperation(dispatch.operation);
  if (operation.length > MOST_OPERATION_BYTES || content.length > MOST_CONTENT_BYTES) {
    return 'too large';
  }
  const messages: Partial<SessionResponse>[] = [];
  for (let at = 0; at < content.length; at += PART_BYTES) {
    const bytes = Buffer.from(content.subarray(at, at + PART_BYTES));
    messages.push({ content: { operationId, bytes } });
  }
  const contentSize = content.length;
  messages.push({ operation: { operationId, epoch, unit, operation, contentSize, deadlineMs } });
  return messages;
}
