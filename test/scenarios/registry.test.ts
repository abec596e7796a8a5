import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgeKey, newAgeKey, sealAge } from '../../controller/secrets/age.ts';
import { eventually } from '../support/eventually.ts';
import { engineRequest, testEngine } from '../support/images.ts';
import { REGISTRY_PASSWORD, REGISTRY_USER, Registry } from '../support/registry.ts';
import { RegistryWire } from '../support/registry-wire.ts';
import { type Files, manifest, Scenario, type Service } from '../support/scenario.ts';
import type { Skep } from '../support/skep.ts';

const MIB = 1024 * 1024;
const WRONG = 'wrong-canary-5f1d';
const REPOSITORY = 'team/web';
const QUICK = { update_config: { monitor: '100ms' } };

describe('images of a private registry', () => {
  let folder: string;
  let key: AgeKey;
  let registry: Registry;
  let wire: RegistryWire;
  let scene: Scenario<Skep>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-key-'));
    key = await newAgeKey();
    await writeFile(join(folder, 'key'), key.identity);
    registry = await Registry.start({ login: true });
    wire = await RegistryWire.to(registry.port);
    scene = await Scenario.up({ SKEP_AGE_KEY_FILE: join(folder, 'key') });
  });

  afterAll(async () => {
    await scene?.destroy();
    for (const server of [registry, wire].map((one) => one?.server)) await forgetImages(server);
    await wire?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const image = (tag: string, server = registry.server) => `${server}/${REPOSITORY}:${tag}`;
  const web = (tag: string, more: Service = {}) =>
    scene.app('web', { services: { web: { image: image(tag), deploy: QUICK, ...more } } });
  const login = async (password: string): Promise<Files> => {
    const values = { PASSWORD: await sealAge(password, [key.recipient]) };
    const spec = { username: REGISTRY_USER, passwordFrom: 'registry/PASSWORD' };
    return {
      'secret.yaml': manifest('Secret', 'registry', { values }),
      'registry.yaml': manifest('Registry', 'own', { server: registry.server, ...spec }),
      'wire.yaml': manifest('Registry', 'wire', { server: wire.server, ...spec }),
    };
  };
  const mark = async () => {
    const { id } = await scene.container('web', 'web');
    const { body } = await engineRequest(
      testEngine(),
      'GET',
      `/containers/${id}/archive?path=/etc/image`,
    );
    return body;
  };

  /** That image runs, and nothing is left to do. */
  const settled = (wanted: string) =>
    eventually(
      `${wanted} to run`,
      async () =>
        (await scene.status('web')).sync === 'Synced' && (await mark()).includes(`${wanted}\n`),
      60_000,
    );

  it('are pulled with the credentials that git holds sealed', async () => {
    await registry.push(REPOSITORY, '1', { mark: 'one' });
    await scene.deploy({ ...(await login(REGISTRY_PASSWORD)), ...web('1') });
    expect(await mark()).toContain('one\n');
  });

  it('are PullDenied with a wrong password while the old container serves, and heal', async () => {
    const before = await scene.containers('web');
    await registry.push(REPOSITORY, '2', { mark: 'two' });
    await scene.repo.push({ ...(await login(WRONG)), ...web('2') });
    await scene.reason('web', 'PullDenied');
    expect(await scene.containers('web')).toEqual(before);
    await scene.deploy(await login(REGISTRY_PASSWORD));
    await settled('two');
  });

  it('stay where they are when their tag moves, until a commit touches the app', async () => {
    const before = await scene.containers('web');
    await registry.push(REPOSITORY, '2', { mark: 'moved' });
    await scene.deploy({ 'note.txt': 'beside' });
    expect(await scene.containers('web')).toEqual(before);
    await scene.deploy(web('2', { environment: { TOUCHED: '1' } }));
    expect(await mark()).toContain('moved\n');
  });

  it('are the old digest again after a revert', async () => {
    await scene.repo.git('revert', '--no-edit', 'HEAD');
    await scene.repo.git('push', '-q', 'origin', 'HEAD:main');
    await scene.applied(await scene.repo.git('rev-parse', 'HEAD'));
    expect(await mark()).toContain('two\n');
  });

  it('follow their tag by time where pull_policy says so', async () => {
    const service = { pull_policy: 'every_1s' };
    await scene.deploy(web('2', service));
    await registry.push(REPOSITORY, '2', { mark: 'again' });
    await settled('again');
    await scene.deploy(web('2'));
  });

  it('serve on from the host when their tag was deleted', async () => {
    const digest = await registry.push(REPOSITORY, 'gone', { mark: 'gone' });
    await scene.deploy(web('gone'));
    await registry.delete(REPOSITORY, digest);
    await scene.deploy(web('gone', { environment: { TOUCHED: '2' } }));
    expect(await mark()).toContain('gone\n');
    await scene.repo.push(web('gone', { environment: { TOUCHED: '3' }, pull_policy: 'always' }));
    await scene.reason('web', 'ImageNotFound');
    expect(await mark()).toContain('gone\n');
  });

  it('that cannot be had are issues of a plan, with file, line and column', async () => {
    await registry.push(REPOSITORY, 'other', {
      mark: 'other',
      platform: { os: 'linux', architecture: 's390x' },
    });
    const before = await scene.containers('web');
    const plan = async (tag: string, server = registry.server) => {
      const service = { image: image(tag, server), deploy: QUICK };
      const files = scene.app('web', { services: { web: service } });
      await writeFile(join(scene.repo.work, 'web/compose.yaml'), String(files['web/compose.yaml']));
      return await scene.skep.cli('plan', '--dir', scene.repo.work);
    };
    expect(await plan('none')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/web\/compose\.yaml:1:\d+: E_IMAGE_MISSING: .*team\/web:none/),
    });
    expect(await plan('other')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('E_IMAGE_PLATFORM'),
    });
    const stranger = await Registry.start({ login: true });
    try {
      await stranger.push(REPOSITORY, '1', { mark: 'stranger' });
      const { stdout } = await plan('1', stranger.server);
      expect(stdout).toContain('E_IMAGE_DENIED');
    } finally {
      await stranger[Symbol.asyncDispose]();
    }
    expect((await plan('1')).code).toBe(2);
    expect(await scene.containers('web')).toEqual(before);
    await scene.repo.git('checkout', '-q', '.');
  });

  it('for another platform stop nothing', async () => {
    const before = await scene.containers('web');
    await scene.repo.push(web('other'));
    const { conditions } = await scene.reason('web', 'PlatformMismatch');
    expect(conditions[0]?.message).toContain('linux/s390x');
    expect(await scene.containers('web')).toEqual(before);
  });

  it('leave the old container alone while a pull is slow, and give up for a newer commit', async () => {
    const before = await scene.containers('web');
    await registry.push(REPOSITORY, 'slow', { mark: 'slow', ballast: 16 * MIB });
    wire.bytesPerSecond = MIB;
    await scene.repo.push(
      scene.app('web', { services: { web: { image: image('slow', wire.server) } } }),
    );
    await scene.reason('web', 'Pulling');
    await eventually('the bytes', async () =>
      /\(\d+\.\d of \d+\.\d MB\)/.test(JSON.stringify((await scene.status('web')).conditions)),
    );
    expect(await scene.containers('web')).toEqual(before);
    await scene.deploy(web('1'));
    wire.bytesPerSecond = undefined;
    expect(await mark()).toContain('one\n');
  });

  it('leave the host once no version that is kept runs them', async () => {
    const digests = async () => {
      const { body } = await engineRequest(testEngine(), 'GET', '/images/json');
      const images = JSON.parse(body) as { RepoDigests: string[] | null }[];
      const all = images.flatMap(({ RepoDigests }) => RepoDigests ?? []);
      return all.filter((digest) => digest.startsWith(`${registry.server}/`));
    };
    expect((await digests()).length).toBeGreaterThan(2);
    const services = { web: { image: image('1'), deploy: QUICK } };
    await scene.deploy(scene.app('web', { services, spec: { images: { keep: 0 } } }));
    await eventually('one image to be left', async () => (await digests()).length === 1);
    expect(await mark()).toContain('one\n');
    expect((await scene.status('web')).sync).toBe('Synced');
  });

  it('never show a password: not in logs, API, plan, events, store or vault', async () => {
    const shown = [scene.skep.wholeLog];
    for (const path of ['/apps', '/events', '/plan', '/revisions', '/audit', '/status']) {
      shown.push(JSON.stringify(await scene.skep.get(path)));
    }
    for (const verb of ['status', 'history', 'why']) {
      const { stdout, stderr } = await scene.skep.cli(verb, scene.name('web'));
      shown.push(stdout, stderr);
    }
    const files = await readdir(scene.skep.dataDir, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      shown.push(await readFile(join(file.parentPath, file.name), 'latin1'));
    }
    for (const canary of [WRONG, REGISTRY_PASSWORD]) {
      const forms = [canary, Buffer.from(canary).toString('base64').replace(/=+$/, '')];
      for (const form of forms) expect(shown.filter((text) => text.includes(form))).toEqual([]);
    }
    expect(shown.join('').length).toBeGreaterThan(10_000);
  });
});

async function forgetImages(server: string | undefined): Promise<void> {
  const { body } = await engineRequest(testEngine(), 'GET', '/images/json');
  for (const { Id, RepoDigests } of JSON.parse(body) as {
    Id: string;
    RepoDigests: string[] | null;
  }[]) {
    if (!server || !RepoDigests?.some((digest) => digest.startsWith(`${server}/`))) continue;
    await engineRequest(testEngine(), 'DELETE', `/images/${Id}?force=true`);
  }
}
