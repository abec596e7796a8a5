import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../kit/clock.ts';
import type { AppId, UnitStatus } from '../../schemas/domain/index.ts';
import { toAppId, toCommitSha, toHostName, toUnitKey } from '../../schemas/domain/index.ts';
import { anAppStatus } from '../testing/api-fixture.ts';
import { type OpenStore, openStore } from './open-store.ts';

const AT = '2026-01-01T00:00:00.000Z';
const LIMITS = { events: 7, historyPerApp: 3, history: 8 };
const HEALTH = ['Healthy', 'Degraded'] as const;
const NAMES = ['a', 'b', 'c'] as const;

type Write =
  | {
      readonly act: 'put' | 'putApp';
      readonly name: string;
      readonly health: 'Healthy' | 'Degraded';
    }
  | { readonly act: 'remove' | 'removeApp' | 'history' | 'event' | 'audit'; readonly name: string };
type Pause = { readonly act: 'restart' | 'settle' };
type Step = Write | Pause;

/** What the store should hold, in plain arrays and maps. */
class Model {
  readonly units = new Map<string, string>();
  readonly apps = new Map<string, string>();
  history: { app: AppId; message: string }[] = [];
  events: string[] = [];
  audit: string[] = [];

  addHistory(app: AppId, message: string): void {
    this.history.push({ app, message });
    const own = this.history.filter((entry) => entry.app === app);
    const gone = own.length > LIMITS.historyPerApp ? own[0] : undefined;
    this.history = this.history.filter((entry) => entry !== gone);
  }
}

const isPause = (step: Step): step is Pause => step.act === 'restart' || step.act === 'settle';

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    act: fc.constantFrom('put' as const, 'putApp' as const),
    name: fc.constantFrom(...NAMES),
    health: fc.constantFrom(...HEALTH),
  }),
  fc.record({
    act: fc.constantFrom(...(['remove', 'removeApp', 'history', 'event', 'audit'] as const)),
    name: fc.constantFrom(...NAMES),
  }),
  fc.record({ act: fc.constantFrom('restart' as const, 'settle' as const) }),
);

class Run {
  readonly model = new Model();
  readonly dataDir = mkdtempSync(join(tmpdir(), 'skep-model-'));
  #store: OpenStore | undefined;
  #pending: Promise<unknown>[] = [];

  async take(step: Step, message: string): Promise<void> {
    this.#store ??= await this.#open();
    if (!isPause(step)) {
      this.#pending.push(perform(this.#store, this.model, step, message));
      return;
    }
    // A stop has to commit what waits: nothing is awaited before it.
    if (step.act === 'restart') await this.#store.stop();
    await Promise.all(this.#pending);
    this.#pending = [];
    if (step.act === 'restart') this.#store = await this.#open();
    await expectEqual(this.#store, this.model);
  }

  async end(): Promise<void> {
    await this.#store?.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  #open(): Promise<OpenStore> {
    return openStore({ dataDir: this.dataDir, clock: systemClock, limits: LIMITS });
  }
}

test('any order of writes and restarts leaves what a plain model holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const run = new Run();
      try {
        for (const [index, each] of steps.entries()) await run.take(each, String(index));
        await run.take({ act: 'settle' }, '');
      } finally {
        await run.end();
      }
    }),
    { numRuns: 60 },
  );
}, 30_000);

function perform(store: OpenStore, model: Model, each: Write, message: string): Promise<unknown> {
  const app = toAppId('p', each.name);
  const unit = toUnitKey(app, toHostName('h'));
  switch (each.act) {
    case 'put':
      model.units.set(unit, each.health);
      return store.putUnit({ key: unit, health: each.health } as UnitStatus);
    case 'remove':
      model.units.delete(unit);
      return store.removeUnit(unit);
    case 'putApp':
      model.apps.set(app, each.health);
      return store.putApp(anAppStatus('p', each.name, each.health));
    case 'removeApp':
      model.apps.delete(app);
      return store.removeApp(app);
    case 'event':
      model.events = [...model.events, message].slice(-LIMITS.events);
      return store.addEvent({ at: AT, type: 'unit', app, message });
    case 'audit':
      model.audit.push(message);
      return store.addAudit({ at: AT, actor: 'a', action: message, subject: 's', detail: {} });
    case 'history':
      model.addHistory(app, message);
      return store.addHistory(aRollout(app, message));
  }
}

function aRollout(app: AppId, message: string) {
  const host = toHostName('h');
  return {
    unit: toUnitKey(app, host),
    app,
    host,
    revision: toCommitSha('a'.repeat(40)),
    startedAt: AT,
    finishedAt: AT,
    result: 'done' as const,
    reason: null,
    message,
    operations: [],
  };
}

const listOf = (map: ReadonlyMap<string, string>) =>
  [...map].map(([key, value]) => `${key} ${value}`).toSorted();

async function expectEqual(store: OpenStore, model: Model): Promise<void> {
  const all = { after: null, limit: 500, accept: () => true };
  const units = (await store.units()).map(({ key, health }) => `${key} ${health}`);
  expect(units).toEqual(listOf(model.units));
  const apps = (await store.appRows()).map(({ id, health }) => `${id} ${health}`);
  expect(apps).toEqual(listOf(model.apps));
  const events = (await store.events(all)).items.map((event) => event.message);
  expect(events).toEqual(model.events.toReversed());
  expect((await store.verifyAudit()).firstBad).toBeNull();
  const audit = (await store.audit(all)).items.map((entry) => entry.action);
  expect(audit).toEqual(model.audit.toReversed());
  for (const name of NAMES) {
    const app = toAppId('p', name);
    const found = (await store.history(app, all)).items.map((entry) => entry.message);
    const kept = model.history.slice(-LIMITS.history).filter((entry) => entry.app === app);
    expect(found.slice(0, kept.length)).toEqual(kept.map((entry) => entry.message).toReversed());
  }
}
