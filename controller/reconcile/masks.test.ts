import { expect, it } from 'vitest';
import { toAppId } from '../../schemas/domain/index.ts';
import { APP, anApp } from '../testing/builders.ts';
import { desiredOf } from '../testing/pass-fixture.ts';
import { Masks } from './masks.ts';

const withValues = (...values: string[]) =>
  desiredOf([anApp(undefined, { secretValues: new Set(values) })]);

it('masks the values of an app, and those that it had before', () => {
  const masks = new Masks();
  masks.learn(withValues('first-one'));
  masks.learn(withValues('second'));
  expect(masks.text(APP, 'exec: first-one, then second')).toBe('exec: (secret), then (secret)');
  masks.learn(desiredOf([]));
  expect(masks.text(APP, 'second')).toBe('(secret)');
  expect(masks.text(toAppId('default', 'other'), 'second')).toBe('second');
});

it('masks what an outcome says, and leaves good ones alone', () => {
  const masks = new Masks();
  masks.learn(withValues('canary'));
  const error = { code: 'StartFailed', fault: 'spec', message: 'exec "canary"' } as const;
  expect(masks.outcome(APP, { status: 'failed', durationMs: 1, error }).error).toEqual({
    ...error,
    message: 'exec "(secret)"',
  });
  const good = { status: 'done', durationMs: 1 } as const;
  expect(masks.outcome(APP, good)).toBe(good);
});

it('keeps a bounded number of values', () => {
  const masks = new Masks();
  for (let i = 0; i < 600; i += 1) masks.learn(withValues(`value-${i}.`));
  expect(masks.text(APP, 'value-599. value-100. value-99.')).toBe('(secret) (secret) value-99.');
});
