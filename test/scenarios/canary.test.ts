import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgeKey, newAgeKey, sealAge } from '../../controller/secrets/age.ts';
import { eventually } from '../support/eventually.ts';
import { FAILING, type Files, manifest, Scenario } from '../support/scenario.ts';
import type { Skep } from '../support/skep.ts';

/** Invariant I10: what is sealed in git shows nowhere but in the containers that it is for. */
describe('a sealed value', () => {
  const CANARIES = ['first', 'second'].map((name) => `canary-${name}-7c1e55`);
  const [FIRST = '', SECOND = ''] = CANARIES;
  const shown: { where: string; text: string }[] = [];
  let folder: string;
  let key: AgeKey;
  let scene: Scenario<Skep>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-key-'));
    key = await newAgeKey();
    await writeFile(join(folder, 'key'), key.identity);
    scene = await Scenario.up({ SKEP_AGE_KEY_FILE: join(folder, 'key') });
  });
  afterAll(async () => {
    await scene?.destroy();
    await rm(folder, { recursive: true });
  });

  const seal = async (value: string): Promise<Files> => {
    const values = { PASSWORD: await sealAge(value, [key.recipient]) };
    return { 'secret.yaml': manifest('Secret', 'shop', { values }) };
  };
  /** The value as a variable, in a file and amid a text, which is how apps take it. */
  const shop = (more: object = {}) =>
    scene.app('shop', {
      services: {
        web: {
          environment: { PASSWORD: null, URL: 'db://user:$WORD@db' },
          labels: { note: 'with $WORD' },
          secrets: ['password'],
          deploy: { update_config: { monitor: '100ms' } },
          ...more,
        },
      },
      more: { secrets: { password: { external: true } } },
      spec: {
        secrets: {
          PASSWORD: { from: 'shop/PASSWORD', as: 'env' },
          WORD: { from: 'shop/PASSWORD', as: 'value' },
          password: { from: 'shop/PASSWORD', as: 'file' },
        },
      },
    });
  /** @param loud also what the verbs print, which takes its time. */
  const listen = async (loud = false) => {
    const name = scene.name('shop');
    const paths = ['/apps', `/apps/${name}`, `/apps/${name}/history`, `/apps/${name}/events`];
    for (const path of [
      ...paths,
      `/apps/${name}/why`,
      '/plan',
      '/revisions',
      '/events',
      '/audit',
    ]) {
      const body = await scene.skep.get(path).catch((error: unknown) => String(error));
      shown.push({ where: path, text: JSON.stringify(body) });
    }
    for (const verb of loud ? ['status', 'history', 'why', 'logs'] : []) {
      const { stdout, stderr } = await scene.skep.cli(verb, name);
      shown.push({ where: `skep ${verb}`, text: stdout + stderr });
    }
    if (!loud) return;
    const { stdout, stderr } = await scene.skep.cli('plan', '--dir', scene.repo.work);
    shown.push({ where: 'skep plan', text: stdout + stderr });
  };

  it('reaches its container as a variable, a file and a part of a text', async () => {
    await scene.deploy({ ...(await seal(FIRST)), ...shop() });
    const { env } = await scene.container('shop', 'web');
    expect(env).toContain(`PASSWORD=${FIRST}`);
    expect(env).toContain(`URL=db://user:${FIRST}@db`);
    await listen();
  });

  it('acts on its container when it changes', async () => {
    await scene.deploy(await seal(SECOND));
    expect((await scene.container('shop', 'web')).env).toContain(`PASSWORD=${SECOND}`);
    await listen();
  });

  it.each([
    [
      'is not healthy and says so',
      { healthcheck: { ...FAILING, test: ['CMD-SHELL', 'echo $$PASSWORD; false'] } },
    ],
    [
      'ends with an error',
      { command: ['sh', '-c', 'echo "no $$PASSWORD"; exit 3'], restart: 'no' },
    ],
    ['cannot be started', { command: ['/$WORD/none'] }],
    ['is not on the host', { image: '127.0.0.1:1/none:1', labels: { note: '$WORD' } }],
    ['is not what the engine takes', { hostname: '-$WORD-'.repeat(20) }],
  ])('is told by nobody when its container %s', async (what, more) => {
    const sha = await scene.repo.push(shop(more));
    const { code } = await scene.wait(sha);
    expect(code).toBe(4);
    await listen(/error|started/.test(what));
    await scene.deploy(shop());
  });

  it('is told by nobody when a container drifts, nor when the app is removed', async () => {
    const { id } = await scene.container('shop', 'web');
    await scene.docker.getContainer(id).remove({ force: true });
    await eventually(
      'another container',
      async () => (await scene.container('shop', 'web')).id !== id,
    );
    await listen();
    await scene.deploy({ shop: null });
    await listen();
  });

  it('shows in no answer, no log and no file but those that its containers mount', async () => {
    shown.push({ where: 'log', text: scene.skep.wholeLog });
    const files = await readdir(scene.skep.dataDir, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      const path = join(file.parentPath, file.name);
      const where = relative(scene.skep.dataDir, path);
      if (!MOUNTED.test(where)) shown.push({ where, text: await readFile(path, 'latin1') });
    }
    expect(shown.map(({ text }) => text).join('').length).toBeGreaterThan(100_000);
    const forms = CANARIES.flatMap((canary) => [
      canary,
      Buffer.from(canary).toString('base64').slice(0, 20),
    ]);
    const leaks = shown.filter(({ text }) => forms.some((form) => text.includes(form)));
    expect([
      ...new Set(leaks.map(({ where, text }) => `${where}: ${around(text, forms)}`)),
    ]).toEqual([]);
  });
});

/** What a container mounts has to lie in plain on its host. */
const MOUNTED = /^(?:files|trees)\//;

function around(text: string, forms: readonly string[]): string {
  const at = Math.min(...forms.map((form) => text.indexOf(form)).filter((index) => index >= 0));
  return text.slice(Math.max(0, at - 160), at + 60);
}
