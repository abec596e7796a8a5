import { expect, test } from 'vitest';
import { EngineFailure } from './engine-failure.ts';
import { OperationFailure, operationError } from './operation-failure.ts';

test('an outcome says what failed, and whose fault it is', () => {
  const engine = new EngineFailure('ImageNotFound', 'world', 'no such image', { status: 404 });
  expect(operationError(engine)).toEqual({
    code: 'ImageNotFound',
    fault: 'world',
    message: 'no such image',
  });
  const refused = new OperationFailure('HostPaused', 'host', 'paused');
  expect(operationError(refused)).toEqual({ code: 'HostPaused', fault: 'host', message: 'paused' });
});

test.each([
  [new TypeError('broken'), 'broken'],
  ['text', 'text'],
])('what nobody foresaw is tried again, with its words: %s', (error, message) => {
  expect(operationError(error)).toEqual({ code: 'EngineError', fault: 'world', message });
});

test('an answer without a status, or a fault of the engine itself, may have been done', () => {
  const status = (code: number | undefined) =>
    new EngineFailure('EngineError', 'world', 'x', { status: code }).uncertain;
  expect([undefined, 500, 503].map(status)).toEqual([true, true, true]);
  expect([304, 404, 409, 499].map(status)).toEqual([false, false, false, false]);
});

test('the cause of a failure is kept', () => {
  const cause = new Error('socket');
  expect(new EngineFailure('EngineUnreachable', 'world', 'x', { cause }).cause).toBe(cause);
  expect(new EngineFailure('EngineUnreachable', 'world', 'x')).not.toHaveProperty('cause');
});
