import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppStatus } from '../../schemas/domain/index.ts';
import { COMPOSE_PROGRAMS, ComposeProject } from '../support/compose-program.ts';
import type { Daemons } from '../support/daemons.ts';
import { TEST_IMAGE } from '../support/engine.ts';
import { CLI } from '../support/program.ts';
import { describeRequests } from '../support/recorded-request.ts';
import { run } from '../support/run.ts';
import { runModel } from '../support/run-model.ts';
import { manifest, Scenario } from '../support/scenario.ts';
import { freePort } from '../support/tcp-proxy.ts';
import { EVERY_FILE, everyFeature } from './every-feature.ts';

const PASSWORD = 'hunter2$not-in-git';
const [COMPOSE = { name: '', path: '' }] = COMPOSE_PROGRAMS;

describe('what runs already and is imported', () => {
  let scene: Scenario<Daemons>;
  let root: string;
  let repository: string;
  let port: number;
  let project: ComposeProject;

  const imported = (...args: readonly string[]) =>
    scene.skep.cli('import', '--dir', repository, ...args);

  /** Plans, pushes and applies the folder: nothing may be changed on the engine by it. */
  const takenOver = async (...apps: readonly string[]) => {
    const planned = await scene.skep.cli('plan', '--dir', repository);
    expect(planned.stdout).toContain('no changes');
    expect(planned.code).toBe(0);
    const before = await identities();
    const mark = scene.proxy.mark();
    await scene.deploy(await filesBelow(repository));
    for (const app of apps) {
      const { health } = await scene.skep.get<AppStatus>(`/apps/${app}`);
      expect(health).toBe('Healthy');
    }
    const calls = scene.proxy.mutating(mark);
    expect(calls, describeRequests(calls)).toEqual([]);
    expect(await identities()).toEqual(before);
    expect((await scene.skep.cli('plan', '--dir', repository)).stdout).toBe('no changes\n');
  };
  const identities = async () => {
    const all = await scene.docker.listContainers({ all: true });
    const own = all.filter(({ Names }) => Names.some((name) => name.includes(scene.name(''))));
    const inspected = own.map(({ Id }) => scene.docker.getContainer(Id).inspect());
    const facts = (await Promise.all(inspected)).map(({ Id, State }) => `${Id} ${State.StartedAt}`);
    return new Set(facts);
  };

  /** What was made by hand has no project to be removed by. */
  const removeLeft = async () => {
    const { docker } = scene;
    const isOwn = (name: string) => name.includes(scene.name('hand'));
    for (const { Id, Names } of await docker.listContainers({ all: true })) {
      if (Names.some(isOwn)) await docker.getContainer(Id).remove({ force: true, v: true });
    }
    for (const { Id, Name } of await docker.listNetworks()) {
      if (isOwn(Name)) await docker.getNetwork(Id).remove();
    }
    const { Volumes } = await docker.listVolumes();
    for (const { Name } of Volumes) {
      if (isOwn(Name)) await docker.getVolume(Name).remove();
    }
  };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'skep-import-'));
    repository = join(root, 'repository');
    const keyFile = join(root, 'age.key');
    await run(process.execPath, [CLI, 'secret', 'keygen', '--out', keyFile], { ...process.env });
    scene = await Scenario.daemons({ controllerEnv: () => ({ SKEP_AGE_KEY_FILE: keyFile }) });
    port = await freePort();
    await mkdir(repository);
    const allowed = manifest('Project', 'default', { privileges: ['privileged'] });
    await writeFile(join(repository, 'project.yaml'), allowed);
  });
  afterAll(async () => {
    await scene?.destroy();
    if (scene) await removeLeft();
    await project?.remove();
    await scene?.docker
      .getVolume(`existing-${port}`)
      .remove()
      .catch(() => {});
    await rm(root, { recursive: true, force: true });
  });

  it('as a Compose project with a secret: is taken over as it is', async () => {
    const compose = {
      services: {
        web: {
          image: TEST_IMAGE,
          environment: {
            GREETING: 'hello',
            DB_PASSWORD: PASSWORD.replace('$', '$$'),
            DB_URL: `postgres://shop:${PASSWORD.replace('$', '$$')}@db/shop`,
          },
          volumes: ['data:/data'],
          restart: 'unless-stopped',
        },
      },
      volumes: { data: {} },
    };
    const files = { 'compose.yaml': JSON.stringify(compose) };
    project = await ComposeProject.up(COMPOSE, scene.name('secret'), files);
    const args = ['--project', scene.name('secret')];
    const refused = await imported(...args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('DB_PASSWORD');
    expect(await readdir(repository)).toEqual(['project.yaml']);
    const key = await readFile(join(root, 'age.key'), 'utf8');
    const recipient = /age1\w+/.exec(key)?.[0] ?? '';
    expect(await imported(...args, '--recipient', recipient)).toMatchObject({ code: 0 });
    const written = Object.values(await filesBelow(repository)).join('\n');
    expect(written).not.toContain('hunter2');
    await takenOver(scene.name('secret'));
  });

  it('as a Compose project without one: keeps its own file, comments and all', async () => {
    const text = `# The one and only.\nservices:\n  web:\n    image: ${TEST_IMAGE}\n    scale: 2\n`;
    const name = scene.name('plain');
    const plain = await ComposeProject.up(COMPOSE, name, { 'compose.yaml': text });
    expect(await imported('--project', name)).toMatchObject({ code: 0 });
    expect(await readFile(join(repository, 'apps', name, 'compose.yaml'), 'utf8')).toBe(text);
    await takenOver(name);
    await plain.remove();
  });

  it('as containers run by hand: are taken over by their names', async () => {
    const name = scene.name('hand');
    const { docker } = scene;
    await docker.createNetwork({ Name: `${name}-net` });
    for (const which of ['one', 'two']) {
      const made = await docker.createContainer({
        name: `${name}-${which}`,
        Image: TEST_IMAGE,
        Env: ['A=1'],
        HostConfig: {
          Binds: [`${name}-${which}:/data`],
          RestartPolicy: { Name: 'always' },
          ...(which === 'two' && { NetworkMode: `${name}-net` }),
        },
      });
      await made.start();
    }
    expect(await imported(`${name}-one`, `${name}-two`)).toMatchObject({ code: 0 });
    await takenOver(`${name}-one`, `${name}-two`);
  });

  it('with every feature: is taken over as it is', async () => {
    const name = scene.name('every');
    const folder = join(root, 'every');
    await mkdir(folder);
    const { services, more } = everyFeature(port);
    const { none: _none, ...running } = services;
    const filled = Object.entries(running).map(([key, service]) => [
      key,
      { image: TEST_IMAGE, stop_grace_period: '2s', ...service },
    ]);
    const compose = { services: Object.fromEntries(filled), ...more };
    // Another scenario may have the subnet just now.
    const text = JSON.stringify(compose).replaceAll('172.31.77.', '10.98.80.');
    await writeFile(join(folder, 'compose.yaml'), text);
    for (const [path, text] of Object.entries(EVERY_FILE)) {
      await writeFile(join(root, path), text ?? '');
    }
    await scene.docker.createVolume({ Name: `existing-${port}` });
    await runModel(folder, name);
    const result = await imported('--project', name);
    expect(result.stderr.replaceAll(/note: \S+: it keeps data.*\n/g, '')).toBe('');
    await takenOver(name);
  });
});

/** Path -> text. */
async function filesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}
