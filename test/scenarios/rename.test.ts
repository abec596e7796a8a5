import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execIn } from '../support/exec.ts';
import { type Files, Scenario } from '../support/scenario.ts';

describe('an app that is renamed', () => {
  let scene: Scenario;
  beforeAll(async () => {
    scene = await Scenario.up();
  });
  afterAll(() => scene?.destroy());

  /** The app with a volume, under one name and perhaps from another. */
  const shop = (name: string, from: string | undefined, greeting: string): Files => {
    const files = scene.app(name, {
      services: { web: { environment: { GREETING: greeting }, volumes: ['data:/data'] } },
      more: { volumes: { data: {} } },
    });
    const path = `${name}/app.yaml`;
    const manifest = JSON.parse(files[path] ?? '') as { metadata: Record<string, unknown> };
    if (from) manifest.metadata['renamedFrom'] = scene.name(from);
    return { ...files, [path]: JSON.stringify(manifest) };
  };
  const data = async (id: string, ...argv: string[]) => await execIn(scene.docker, id, argv);

  it('keeps its containers and volumes, with no call to the engine', async () => {
    await scene.deploy(shop('before', undefined, 'hello'));
    const { id } = await scene.container('before', 'web');
    await data(id, 'sh', '-c', 'echo kept >/data/file');
    const old = await scene.containers('before');
    const mark = scene.proxy.mark();
    await scene.deploy({ ...shop('after', 'before', 'hello'), before: null });
    expect(scene.proxy.mutating(mark)).toEqual([]);
    // The engine's project keeps its name.
    expect(await scene.containers('before')).toEqual(old);
    expect(await scene.status('after')).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    const apps = await scene.skep.get<{ items: readonly { name: string }[] }>('/apps');
    expect(apps.items.map(({ name }) => name)).not.toContain(scene.name('before'));
  });

  it('is changed like any other, in the same place and with the same data', async () => {
    const { id } = await scene.container('before', 'web');
    await scene.deploy(shop('after', 'before', 'goodbye'));
    const next = await scene.container('before', 'web');
    expect(next.id).not.toBe(id);
    expect(next.env).toContain('GREETING=goodbye');
    expect(await data(next.id, 'cat', '/data/file')).toBe('kept');
  });

  it('is removed under its present name, and its data stays', async () => {
    const sha = await scene.repo.push({ after: null });
    await scene.wait(sha);
    await scene.gone('after');
    expect((await scene.containers('before')).size).toBe(0);
  });
});
