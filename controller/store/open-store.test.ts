import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../kit/clock.ts';
import type { AppId, CommitSha, RevisionStatus, UnitStatus } from '../../schemas/domain/index.ts';
import { toAppId, toCommitSha, toHostName, toUnitKey } from '../../schemas/domain/index.ts';
import { aHostStatus } from '../testing/api-fixture.ts';
import { type OpenStore, openStore } from './open-store.ts';

const ALL = { after: null, limit: 500, accept: () => true } as const;
const AT = '2026-01-01T00:00:00.000Z';

let dataDir: string;
let opened: OpenStore[] = [];

const open = async (limits = {}): Promise<OpenStore> => {
  const store = await openStore({ dataDir, clock: systemClock, limits });
  opened.push(store);
  return store;
};
const close = async (store: OpenStore) => {
  opened = opened.filter((other) => other !== store);
  await store.stop();
};

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'skep-store-'));
});
afterEach(async () => {
  for (const store of opened) await store.stop();
  opened = [];
  rmSync(dataDir, { recursive: true, force: true });
});

const unitOf = (name: string, health: UnitStatus['health']): UnitStatus => {
  const app = toAppId('default', name);
  const host = toHostName('web-01');
  return {
    key: toUnitKey(app, host),
    app,
    host,
    health,
    sync: 'Synced',
    revision: toCommitSha('a'.repeat(40)),
    appliedRevision: null,
    appliedFingerprint: null,
    conditions: [],
    services: [],
    pending: [],
    logs: [],
    updatedAt: AT,
  };
};
const aRevisionStatus = (sha: CommitSha): RevisionStatus => ({
  sha,
  state: 'loading',
  subject: '',
  author: '',
  committedAt: AT,
  issues: [],
  apps: [],
  supersededBy: null,
  phases: { seenAt: AT, loadedAt: null, firstOperationAt: null, appliedAt: null },
});
const audit = (action: string) => ({
  at: AT,
  actor: 'controller',
  action,
  subject: 's',
  detail: {},
});
const history = (app: AppId, message: string) => ({
  unit: toUnitKey(app, toHostName('web-01')),
  app,
  host: toHostName('web-01'),
  revision: toCommitSha('a'.repeat(40)),
  startedAt: AT,
  finishedAt: AT,
  result: 'done' as const,
  reason: null,
  message,
  operations: [],
});

describe('openStore', () => {
  test('keeps what was written over a restart', async () => {
    const first = await open();
    await first.putUnit(unitOf('web', 'Healthy'));
    const specs = { key: unitOf('web', 'Healthy').key, form: '1', specs: [] };
    await first.putSpecs(specs);
    await first.addHistory(history(toAppId('default', 'web'), 'one'));
    const event = await first.addEvent({ at: AT, type: 'unit', message: 'hello' });
    await close(first);
    const second = await open();
    expect(await second.units()).toEqual([unitOf('web', 'Healthy')]);
    expect(await second.specs()).toEqual([specs]);
    await second.removeSpecs(specs.key);
    expect(await second.specs()).toEqual([]);
    expect((await second.events(ALL)).items).toEqual([event]);
    expect((await second.history(toAppId('default', 'web'), ALL)).items[0]?.message).toBe('one');
    expect(second.loss).toBeNull();
    expect((await second.addEvent({ at: AT, type: 'unit', message: 'x' })).id).toBeGreaterThan(
      event.id,
    );
  });

  test('a first start is no loss', async () => {
    const store = await open();
    expect(store.loss).toBeNull();
    expect((await store.audit(ALL)).items).toEqual([]);
  });

  test('a deleted file is made anew, the audit says so, and event numbers go on', async () => {
    const first = await open();
    await first.addAudit(audit('join-token.create'));
    const event = await first.addEvent({ at: AT, type: 'unit', message: 'hello' });
    await close(first);
    rmSync(join(dataDir, 'skep.db'));
    const second = await open();
    expect(second.loss).toBe('missing');
    expect((await second.audit(ALL)).items).toMatchObject([
      {
        actor: 'controller',
        action: 'store.recreated',
        detail: { cause: 'missing', lostAuditEntries: 1 },
      },
    ]);
    expect((await second.addEvent({ at: AT, type: 'unit', message: 'x' })).id).toBeGreaterThan(
      event.id,
    );
  });

  test.each(['garbage', 'truncated'])(
    'a damaged file (%s) is moved aside and made anew',
    async (how) => {
      const first = await open();
      for (let n = 0; n < 50; n += 1) await first.putUnit(unitOf(`app-${n}`, 'Healthy'));
      await close(first);
      const file = join(dataDir, 'skep.db');
      if (how === 'garbage') writeFileSync(file, 'this is no database at all'.repeat(400));
      else truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096);
      const second = await open();
      expect(second.loss).toBe('corrupt');
      expect(await second.units()).toEqual([]);
      expect(readdirSync(dataDir).some((name) => name.startsWith('skep.db.corrupt-'))).toBe(true);
      expect((await second.audit(ALL)).items[0]).toMatchObject({ action: 'store.recreated' });
    },
  );

  test('an older copy put back in place is noticed', async () => {
    const first = await open();
    await first.addAudit(audit('one'));
    await close(first);
    const file = join(dataDir, 'skep.db');
    const old = new Database(file);
    old.exec(`VACUUM INTO '${join(dataDir, 'old.db')}'`);
    old.close();
    const second = await open();
    await second.addAudit(audit('two'));
    await close(second);
    rmSync(file);
    new Database(join(dataDir, 'old.db')).exec(`VACUUM INTO '${file}'`).close();
    const third = await open();
    expect(third.loss).toBe('rolled-back');
  });

  test('a file of a newer version is refused with what to do', async () => {
    await close(await open());
    const db = new Database(join(dataDir, 'skep.db'));
    db.pragma('user_version = 999');
    db.close();
    await expect(open()).rejects.toMatchObject({
      code: 'StoreNewer',
      retry: 'never',
      message: expect.stringContaining('version 999'),
    });
    expect(existsSync(join(dataDir, 'skep.db'))).toBe(true);
  });

  test('keeps its files from other users of the machine', async () => {
    const store = await open();
    await store.putUnit(unitOf('web', 'Healthy'));
    for (const name of readdirSync(dataDir)) {
      expect(statSync(join(dataDir, name)).mode & 0o077, name).toBe(0);
    }
  });
});

describe('what is', () => {
  test('of hosts, source and revisions is kept, replaced and removed', async () => {
    const store = await open({ revisions: 2 });
    const source = {
      repository: 'r',
      branch: 'main',
      head: null,
      revision: null,
      fetchedAt: AT,
      error: null,
    };
    expect(await store.source()).toBeUndefined();
    await store.putSource(source);
    await store.putSource({ ...source, branch: 'next' });
    expect((await store.source())?.branch).toBe('next');
    await store.putHost(aHostStatus('web-02'));
    await store.putHost(aHostStatus('web-01'));
    await store.removeHost(toHostName('web-02'));
    expect((await store.hosts()).map((host) => host.name)).toEqual(['web-01']);
    const shas = ['1', '2', '3', '2'].map((digit) => toCommitSha(digit.repeat(40)));
    for (const sha of shas) await store.putRevision(aRevisionStatus(sha));
    const page = await store.revisions(ALL);
    expect(page.items.map(({ sha }) => sha[0])).toEqual(['3', '2']);
    expect(await store.revision(toCommitSha('1'.repeat(40)))).toBeUndefined();
  });
});

describe('rings', () => {
  test('the oldest events go first', async () => {
    const store = await open({ events: 5 });
    for (let n = 0; n < 12; n += 1) {
      await store.addEvent({ at: AT, type: 'unit', message: String(n) });
    }
    const { items } = await store.events(ALL);
    expect(items.map((event) => event.message)).toEqual(['11', '10', '9', '8', '7']);
    expect(await store.eventBounds()).toEqual({ oldest: 8, newest: 12 });
  });

  test('the oldest history of each app goes first', async () => {
    const store = await open({ historyPerApp: 2 });
    const [web, db] = [toAppId('default', 'web'), toAppId('default', 'db')];
    await store.addHistory(history(db, 'd1'));
    for (const message of ['w1', 'w2', 'w3']) await store.addHistory(history(web, message));
    const messages = async (app: AppId) =>
      (await store.history(app, ALL)).items.map((entry) => entry.message);
    expect(await messages(web)).toEqual(['w3', 'w2']);
    expect(await messages(db)).toEqual(['d1']);
  });
});

describe('writes', () => {
  test('of one key in one moment are coalesced to the newest', async () => {
    const store = await open();
    const writes = (['Progressing', 'Degraded', 'Healthy'] as const).map((health) =>
      store.putUnit(unitOf('web', health)),
    );
    await Promise.all(writes);
    expect((await store.units()).map((unit) => unit.health)).toEqual(['Healthy']);
  });

  test('that wait are committed by a stop', async () => {
    const store = await open();
    const write = store.putUnit(unitOf('web', 'Healthy'));
    await close(store);
    await write;
    expect(await (await open()).units()).toHaveLength(1);
  });

  test('concurrent events keep the order of their numbers', async () => {
    const store = await open();
    const heard: number[] = [];
    store.subscribe((event) => heard.push(event.id));
    const events = await Promise.all(
      Array.from({ length: 1_200 }, (_, n) =>
        store.addEvent({ at: AT, type: 'unit', message: String(n) }),
      ),
    );
    expect(events.map((event) => event.message)).toEqual(events.map((_, n) => String(n)));
    expect(heard).toEqual(events.map((event) => event.id));
  });
});

describe('a file at its size limit', () => {
  test('refuses writes with StoreFull, says so, and stays readable', async () => {
    const store = await open({ databaseBytes: 400_000 });
    await store.putUnit(unitOf('web', 'Healthy'));
    expect(store.problems()).toEqual([]);
    const logs = ['x'.repeat(1_000_000)];
    const write = store.putUnit({ ...unitOf('db', 'Healthy'), logs });
    await expect(write).rejects.toMatchObject({ code: 'StoreFull' });
    expect(store.problems()).toEqual(['StoreFull']);
    expect((await store.units()).map((unit) => unit.app)).toEqual(['default/web']);
    await store.putUnit(unitOf('web', 'Degraded'));
    expect(store.problems()).toEqual([]);
  });
});

describe('audit', () => {
  const tamper = (sql: string) => {
    const db = new Database(join(dataDir, 'skep.db'));
    db.exec('DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted;');
    db.exec(sql);
    db.close();
  };

  test('is append-only: the database refuses changes', async () => {
    const store = await open();
    await store.addAudit(audit('one'));
    const db = new Database(join(dataDir, 'skep.db'));
    expect(() => db.exec("UPDATE audit SET body = '{}'")).toThrow('append-only');
    expect(() => db.exec('DELETE FROM audit')).toThrow('append-only');
    db.close();
  });

  test.each([
    ['an altered row', "UPDATE audit SET body = replace(body, 'act-3', 'act-9') WHERE id = 3", 3],
    ['a deleted row', 'DELETE FROM audit WHERE id = 2', 2],
    ['swapped rows', 'UPDATE audit SET id = 100 - id WHERE id IN (2, 3)', 2],
    ['a row put in front', "INSERT INTO audit VALUES (0, '{\"id\":0}', 'x')", 1],
  ])('the verifier finds %s', async (_, sql, firstBad) => {
    const store = await open();
    for (let n = 1; n <= 5; n += 1) await store.addAudit(audit(`act-${n}`));
    expect(await store.verifyAudit()).toEqual({ entries: 5, firstBad: null });
    tamper(sql);
    expect((await store.verifyAudit()).firstBad).toBe(firstBad);
  });

  test('concurrent entries make one chain', async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.addAudit(audit(`act-${n}`))));
    expect(await store.verifyAudit()).toEqual({ entries: 50, firstBad: null });
  });
});
