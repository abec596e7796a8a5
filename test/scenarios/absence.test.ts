import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusSummary } from '../../schemas/domain/index.ts';
import { eventually } from '../support/eventually.ts';
import { manifest, Scenario } from '../support/scenario.ts';
import type { Skep } from '../support/skep.ts';

describe('what is absent', () => {
  const apps = ['one', 'two', 'three', 'four'];
  let scene: Scenario<Skep>;
  const all = async () => new Map(await Promise.all(apps.map(entry)));
  const entry = async (app: string) => [app, await scene.containers(app)] as const;

  beforeAll(async () => {
    scene = await Scenario.up();
    const files = apps.map((app) => scene.app(app, { services: { web: {} } }));
    await scene.deploy(Object.assign({}, ...files));
  });
  afterAll(() => scene?.destroy());

  it('is no order to delete: all apps gone in one commit are held, and the reason is shown', async () => {
    const before = await all();
    const mark = scene.proxy.mark();
    const gone = Object.fromEntries(apps.map((app) => [app, null]));
    const sha = await scene.repo.push(gone);
    expect((await scene.wait(sha)).code).toBe(4);
    for (const app of apps) {
      const status = await scene.reason(app, 'BudgetExceeded');
      expect(status.conditions[0]?.message).toContain('Allow-Destroy');
    }
    expect(await all()).toEqual(before);
    expect(scene.proxy.mutating(mark)).toEqual([]);
  });

  it('is no order to delete when the whole repository is empty', async () => {
    const before = await all();
    const mark = scene.proxy.mark();
    await scene.repo.push({ 'project.yaml': null });
    await eventually('the empty tree to be told', async () => {
      const { source } = await scene.skep.get<StatusSummary>('/status');
      return source?.error?.code === 'EmptyTree';
    });
    for (const app of apps) await scene.reason(app, 'BudgetExceeded');
    expect(await all()).toEqual(before);
    expect(scene.proxy.mutating(mark)).toEqual([]);
  });

  it('is deleted with the consent of a commit, and only what it names', async () => {
    const trailer = `Remove it\n\nAllow-Destroy: App/${scene.name('one')}`;
    await scene.repo.push({ 'project.yaml': manifest('Project', 'default', {}) }, trailer);
    await scene.gone('one');
    for (const app of apps.slice(1)) expect((await scene.containers(app)).size).toBe(1);
    const rest = apps.slice(1).map((app) => scene.app(app, { services: { web: {} } }));
    await scene.deploy(Object.assign({}, ...rest));
  });

  it('in the store is rebuilt from git and the agent without one mutating call', async () => {
    const before = await all();
    await scene.skep.stop();
    const files = await readdir(scene.skep.dataDir);
    const database = files.filter((name) => /^skep\.db(-wal|-shm)?$/.test(name));
    expect(database).not.toEqual([]);
    for (const name of database) await rm(join(scene.skep.dataDir, name));
    const mark = scene.proxy.mark();
    await scene.skep.start();
    for (const app of apps.slice(1)) await scene.reason(app, 'AllHealthy');
    await scene.applied(await scene.repo.git('rev-parse', 'HEAD'));
    expect(await all()).toEqual(before);
    expect(scene.proxy.mutating(mark)).toEqual([]);
  });
});
