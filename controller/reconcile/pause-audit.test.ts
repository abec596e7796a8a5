import { expect, it } from 'vitest';
import { ENGINE, HOST } from '../testing/builders.ts';
import { MemoryStore } from '../testing/memory-ports.ts';
import { PauseAudit } from './pause-audit.ts';
import type { ConnectedHost } from './ports.ts';

const host = (paused: ConnectedHost['paused'], online = true): ConnectedHost => ({
  host: HOST,
  online,
  sinceMs: 0,
  engine: ENGINE,
  agentVersion: '0',
  paused,
});

it('a pause and its end are audited once each, also over a lost connection', async () => {
  const store = new MemoryStore();
  const audit = new PauseAudit(store, () => '2026-01-01T00:00:00.000Z');
  const pause = { reason: 'disk swap', untilMs: Date.UTC(2026, 0, 2) };
  const seen = [null, pause, pause, { ...pause, reason: 'still' }];
  for (const paused of seen) await audit.look(host(paused));
  await audit.look(host(null, false));
  await audit.look(host({ ...pause, reason: 'still' }));
  await audit.look(host(null));
  expect(store.audits.map(({ actor, action, detail }) => [actor, action, detail])).toEqual([
    ['host:web-01', 'host.pause', { reason: 'disk swap', until: '2026-01-02T00:00:00.000Z' }],
    ['host:web-01', 'host.pause', { reason: 'still', until: '2026-01-02T00:00:00.000Z' }],
    ['host:web-01', 'host.resume', {}],
  ]);
});
