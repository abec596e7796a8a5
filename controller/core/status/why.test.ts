import { describe, expect, it } from 'vitest';
import {
  type AppId,
  type AppStatus,
  type HostStatus,
  REASONS,
  type Reason,
  type ServiceStatus,
  type SourceStatus,
  toAppId,
  toHostName,
  toUnitKey,
} from '../../../schemas/domain/index.ts';
import { appStatus } from './app-status.ts';
import { checkUnitStatus, unitStatus } from './unit-status.ts';
import { type WhyInput, why } from './why.ts';

const host = toHostName('web-01');
const T0 = '2026-01-01T00:00:00.000Z';

function status(
  name: string,
  reason: Reason = 'AllHealthy',
  message = '',
  services: readonly ServiceStatus[] = [],
): AppStatus {
  const app = toAppId('default', name);
  const isWell = reason === 'AllHealthy';
  const unit = unitStatus({
    key: toUnitKey(app, host),
    app,
    host,
    health: isWell ? 'Healthy' : 'Degraded',
    sync: isWell ? 'Synced' : 'OutOfSync',
    reason,
    message,
    reconciling: !isWell,
    stalled: false,
    revision: null,
    appliedRevision: null,
    appliedFingerprint: null,
    services,
    pending: [],
    logs: [],
    nowIso: T0,
  });
  expect(checkUnitStatus(unit)).toEqual([]);
  return appStatus([unit]);
}

const hostStatus = (over: Partial<HostStatus> = {}): HostStatus => ({
  name: host,
  declared: true,
  state: 'online',
  since: T0,
  engine: null,
  apiVersion: null,
  agentVersion: null,
  paused: null,
  labels: {},
  units: 1,
  ...over,
});

function chain(
  app: AppStatus,
  over: Partial<WhyInput> & { readonly known?: Readonly<Record<string, readonly string[]>> } = {},
  others: readonly AppStatus[] = [],
): readonly string[] {
  const ids = (names: readonly string[]): AppId[] => names.map((name) => toAppId('default', name));
  const { known = {}, ...rest } = over;
  const steps = why({
    app,
    dependsOn: ids(known[app.name] ?? []),
    other: (id) => {
      const other = others.find((candidate) => candidate.id === id);
      return other && { app: other, dependsOn: ids(known[other.name] ?? []) };
    },
    hosts: new Map([[host, hostStatus()]]),
    ...rest,
  });
  for (const { clears, since } of steps) {
    expect(clears).not.toBe('');
    expect(since).toBe(T0);
  }
  return steps.map((step) => `${step.app ?? 'all'}: ${step.reason}: ${step.message}`);
}

describe('why', () => {
  it('has nothing to say about an app that is well', () => {
    expect(chain(status('shop'))).toEqual([]);
  });

  it('follows the chain of dependencies to its root, once round a cycle', () => {
    const shop = status('shop', 'WaitingOn', 'waiting for default/api');
    const api = status('api', 'WaitingOn', 'waiting for default/db');
    const db = status('db', 'ImageNotFound', 'db:9 is not there');
    const known = { shop: ['api'], api: ['db', 'shop'], db: ['api'] };
    expect(chain(shop, { known }, [shop, api, db])).toEqual([
      'default/shop: WaitingOn: waiting for default/api',
      'default/api: WaitingOn: waiting for default/db',
      'default/db: ImageNotFound: db:9 is not there',
    ]);
    expect(chain(shop, { known })).toContain(
      'default/api: Missing: default/api has not been deployed yet',
    );
  });

  it('begins with the repository when that cannot be read', () => {
    const source: SourceStatus = {
      repository: '/srv/repo.git',
      branch: 'main',
      head: null,
      revision: null,
      fetchedAt: null,
      error: { code: 'SourceUnreachable', message: 'no route', since: T0 },
    };
    expect(chain(status('shop'), { source })).toEqual(['all: SourceUnreachable: no route']);
  });

  it('adds the services that say more than the headline', () => {
    const service = (name: string, message: string): ServiceStatus => ({
      service: name,
      health: 'Degraded',
      reason: 'CrashLoop',
      message,
      image: 'web:1',
      replicas: { desired: 1, running: 0 },
      containers: [],
    });
    const services = [service('web', 'web keeps exiting'), service('db', 'db keeps exiting')];
    expect(chain(status('shop', 'CrashLoop', 'web: web keeps exiting', services))).toEqual([
      'default/shop: CrashLoop: web: web keeps exiting',
      'default/shop: CrashLoop: db: db keeps exiting',
    ]);
  });

  it('says who paused the host, and that a host is not declared', () => {
    const paused = { reason: 'disk swap', until: '2026-01-01T01:00:00.000Z' };
    const hosts = (over: Partial<HostStatus>) => new Map([[host, hostStatus(over)]]);
    const shop = status('shop', 'HostPaused', 'web-01 is paused');
    expect(chain(shop, { hosts: hosts({ paused }) })).toEqual([
      'default/shop: HostPaused: web-01 is paused: disk swap',
    ]);
    const steps = why({
      app: status('shop', 'HostOffline', 'never seen'),
      dependsOn: [],
      other: () => undefined,
      hosts: hosts({ declared: false }),
    });
    expect(steps[0]?.clears).toContain('declare a Host web-01');
  });

  it.each(REASONS.filter((reason) => reason !== 'AllHealthy'))('knows what clears %s', (reason) => {
    expect(chain(status('shop', reason, 'words'))).toEqual([`default/shop: ${reason}: words`]);
  });
});
