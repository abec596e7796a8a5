import { describe, expect, test } from 'vitest';
import type { AppStatus, Condition, HostStatus, SourceStatus } from '../../schemas/domain/index.ts';
import { REASONS } from '../../schemas/domain/index.ts';
import { AT, aHostStatus, anAppStatus } from '../testing/api-fixture.ts';
import { explain } from './why.ts';

const FINE = { source: null, hosts: [aHostStatus('web-01')] };
const condition = (
  type: Condition['type'],
  status: Condition['status'],
  reason: Condition['reason'],
): Condition => ({ type, status, reason, message: `${reason} it is`, since: AT });
const withConditions = (...conditions: Condition[]): AppStatus => {
  const app = anAppStatus('shop', 'web');
  return { ...app, units: app.units.map((unit) => ({ ...unit, conditions })) };
};
const host = (change: Partial<HostStatus>) => ({ ...aHostStatus('web-01'), ...change });
const shown = (app: AppStatus, world: Parameters<typeof explain>[1] = FINE) =>
  explain(app, world).map((step) => `${step.subject}: ${step.reason}`);

describe('why', () => {
  test('is empty when nothing blocks', () => {
    const app = withConditions(
      condition('Ready', 'True', 'AllHealthy'),
      condition('Stalled', 'False', 'AllHealthy'),
    );
    expect(shown(app)).toEqual([]);
  });

  test('names each reason of a unit once, with what clears it', () => {
    const app = withConditions(
      condition('Ready', 'False', 'ImageNotFound'),
      condition('Stalled', 'True', 'ImageNotFound'),
      condition('Reconciling', 'True', 'Pulling'),
    );
    expect(shown(app)).toEqual(['shop/web@web-01: ImageNotFound', 'shop/web@web-01: Pulling']);
    expect(explain(app, FINE)[0]).toMatchObject({
      message: 'ImageNotFound it is',
      since: AT,
      clears: expect.stringContaining('available'),
    });
  });

  test('puts the repository and the host before the unit, and does not repeat them', () => {
    const source: SourceStatus = {
      repository: 'r',
      branch: 'main',
      head: null,
      revision: null,
      fetchedAt: null,
      error: { code: 'SourceUnreachable', message: 'no route', since: AT },
    };
    const app = withConditions(
      condition('Ready', 'Unknown', 'HostOffline'),
      condition('Stalled', 'True', 'RolledBack'),
    );
    expect(shown(app, { source, hosts: [host({ state: 'offline' })] })).toEqual([
      'source: SourceUnreachable',
      'host web-01: HostOffline',
      'shop/web@web-01: RolledBack',
    ]);
  });

  test.each<[string, Partial<HostStatus>]>([
    ['NotObserved', { state: 'never-seen' }],
    ['HostPaused', { paused: { reason: 'move', until: AT } }],
  ])('tells %s of a host', (reason, change) => {
    const app = withConditions(condition('Ready', 'True', 'AllHealthy'));
    expect(shown(app, { source: null, hosts: [host(change)] })).toEqual([`host web-01: ${reason}`]);
  });

  test('knows for every reason what to do', () => {
    for (const reason of REASONS) {
      const [step] = explain(withConditions(condition('Stalled', 'True', reason)), FINE);
      expect(step?.clears, reason).toMatch(/\.$/);
    }
  });
});
