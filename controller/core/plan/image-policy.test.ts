import { describe, expect, it } from 'vitest';
import { aModel } from '../../testing/builders.ts';
import { imagePolicies } from './image-policy.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const policyOf = (pull_policy: string | undefined, refreshMs?: number) =>
  imagePolicies(
    aModel({ web: { ...(pull_policy !== undefined && { pull_policy }) } }),
    refreshMs === undefined ? undefined : { refreshMs },
  ).get('web:1');

describe('the policy of an image', () => {
  it.each([
    [undefined, { ask: 'content' }],
    ['always', { ask: 'always' }],
    ['missing', { ask: 'missing' }],
    ['if_not_present', { ask: 'missing' }],
    ['build', { ask: 'missing' }],
    ['never', { ask: 'never' }],
    ['refresh', { ask: 'content' }],
    ['daily', { ask: 'content', everyMs: DAY }],
    ['weekly', { ask: 'content', everyMs: 7 * DAY }],
    ['every_90m', { ask: 'content', everyMs: 1.5 * HOUR }],
    ['every_1w2d3h4m5s', { ask: 'content', everyMs: 9 * DAY + 3 * HOUR + 245_000 }],
    ['every_0s', { ask: 'content' }],
  ])('follows pull_policy: %s', (written, policy) => {
    expect(policyOf(written)).toEqual(policy);
  });

  it('is looked up as often as the shorter of pull_policy and spec.images.refresh says', () => {
    expect(policyOf('missing', HOUR)).toEqual({ ask: 'missing', everyMs: HOUR });
    expect(policyOf('daily', HOUR)).toEqual({ ask: 'content', everyMs: HOUR });
    expect(policyOf('every_1m', HOUR)).toEqual({ ask: 'content', everyMs: 60_000 });
    expect(policyOf('never', HOUR)).toEqual({ ask: 'never' });
  });

  it('is the most eager one of the services that share it', () => {
    const model = aModel({
      a: { pull_policy: 'never', platform: 'linux/arm64' },
      b: { pull_policy: 'always' },
      c: { pull_policy: 'weekly' },
      d: { image: 'other:1', pull_policy: 'never' },
    });
    const policies = imagePolicies(model, undefined);
    expect(policies.get('web:1')).toEqual({
      ask: 'always',
      everyMs: 7 * DAY,
      platform: 'linux/arm64',
    });
    expect(policies.get('other:1')).toEqual({ ask: 'never' });
  });
});
