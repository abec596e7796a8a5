import { describe, expect, it } from 'vitest';
import { toAppId, toHostName, toUnitKey, type UnitStatus } from '../../../schemas/domain/index.ts';
import { appStatus } from './app-status.ts';
import { checkUnitStatus, type UnitStatusInput, unitStatus } from './unit-status.ts';

const app = toAppId('default', 'shop');
const host = toHostName('web-01');
const T0 = '2026-01-01T00:00:00.000Z';
const T1 = '2026-01-01T00:01:00.000Z';

function input(over: Partial<UnitStatusInput> = {}): UnitStatusInput {
  return {
    key: toUnitKey(app, host),
    app,
    host,
    health: 'Healthy',
    sync: 'Synced',
    reason: 'AllHealthy',
    message: '',
    reconciling: false,
    stalled: false,
    revision: null,
    appliedRevision: null,
    appliedFingerprint: null,
    services: [],
    pending: [],
    logs: [],
    nowIso: T0,
    ...over,
  };
}

const since = (status: UnitStatus) => status.conditions.map((condition) => condition.since);

describe('unitStatus', () => {
  it('is ready only when healthy and synced', () => {
    expect(unitStatus(input()).conditions[0]?.status).toBe('True');
    expect(unitStatus(input({ sync: 'OutOfSync' })).conditions[0]?.status).toBe('False');
    expect(unitStatus(input({ health: 'Unknown' })).conditions[0]?.status).toBe('Unknown');
  });

  it('moves a since only when the status or the reason changes', () => {
    const previous = unitStatus(input());
    const repeated = unitStatus(input({ previous, nowIso: T1, message: 'other words' }));
    expect(since(repeated)).toEqual([T0, T0, T0]);
    const degraded = input({ previous, nowIso: T1, health: 'Degraded', reason: 'CrashLoop' });
    expect(since(unitStatus(degraded))).toEqual([T1, T1, T1]);
  });

  it('keeps the last twenty log lines', () => {
    const logs = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    expect(unitStatus(input({ logs })).logs[0]).toBe('line 10');
  });

  it('holds its invariants, and the checker sees each broken one', () => {
    expect(checkUnitStatus(unitStatus(input()))).toEqual([]);
    const both = unitStatus(input({ health: 'Degraded', reconciling: true, stalled: true }));
    expect(checkUnitStatus(both)).toContain('both Reconciling and Stalled');
    const lying = { ...unitStatus(input()), health: 'Degraded' as const };
    expect(checkUnitStatus(lying)).toContain('Ready although Degraded and Synced');
    expect(checkUnitStatus(unitStatus(input({ stalled: true })))).toContain('Ready and Stalled');
  });
});

describe('appStatus', () => {
  it('lets the worst unit speak', () => {
    const good = unitStatus(input());
    const other = toHostName('web-02');
    const bad = unitStatus(
      input({ key: toUnitKey(app, other), host: other, health: 'Degraded', reason: 'CrashLoop' }),
    );
    const status = appStatus([bad, good]);
    expect(status.health).toBe('Degraded');
    expect(status.conditions[0]?.reason).toBe('CrashLoop');
    expect(status.units.map((unit) => unit.host)).toEqual([host, other]);
  });

  it('is out of sync when any unit is', () => {
    const late = unitStatus(input({ sync: 'OutOfSync', health: 'Healthy' }));
    expect(appStatus([unitStatus(input()), late]).sync).toBe('OutOfSync');
  });

  it('refuses to speak for nothing', () => {
    expect(() => appStatus([])).toThrow('without units');
  });
});
