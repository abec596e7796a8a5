import { describe, expect, it } from 'vitest';
import { SessionResponse } from '../../proto/gen/skep/agent/v1/agent.ts';
import { sha256, toAppId, toHostName, toUnitKey } from '../../schemas/domain/index.ts';
import type { Dispatch } from '../reconcile/ports.ts';
import { operationMessages } from './operation-messages.ts';

const unit = toUnitKey(toAppId('default', 'shop'), toHostName('web-01'));
const base = { id: 'o', resource: 'r', cause: 'c', reason: 'change', dependsOn: [] } as const;
const putFile = (content: Uint8Array): Dispatch => ({
  operationId: 'op',
  unit,
  operation: {
    ...base,
    kind: 'put-file',
    sha256: sha256(content),
    size: content.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
  },
  content,
  deadlineMs: 1_000,
});

describe('an operation as messages', () => {
  it('is one message where it carries no content', () => {
    const messages = operationMessages(putFile(new Uint8Array()), 7n);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ operation: { epoch: 7n, unit, contentSize: 0 } });
  });

  it('sends a file of 16 MiB in parts that each fit a message, in order', () => {
    const content = Buffer.alloc(16 * 1024 * 1024);
    for (let i = 0; i < content.length; i += 4096) content.writeUInt32LE(i, i);
    const messages = operationMessages(putFile(content), 1n);
    if (messages === 'too large') throw new Error(messages);
    const parts = messages.flatMap(({ content: part }) => (part ? [part.bytes] : []));
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    expect(messages.at(-1)?.operation?.contentSize).toBe(content.length);
    for (const message of messages) {
      const size = SessionResponse.encode(message as SessionResponse).finish().length;
      expect(size).toBeLessThan(4 * 1024 * 1024);
    }
  });

  it('is too large rather than the end of the session', () => {
    expect(operationMessages(putFile(new Uint8Array(33 * 1024 * 1024)), 1n)).toBe('too large');
    const body = { text: 'x'.repeat(3 * 1024 * 1024) };
    const operation = { ...base, kind: 'create-network', name: 'n', body } as const;
    const dispatch = { operationId: 'op', unit, operation, deadlineMs: 1 };
    expect(operationMessages(dispatch, 1n)).toBe('too large');
  });
});
