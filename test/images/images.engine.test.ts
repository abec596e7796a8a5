import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBaseImage } from '../support/base-image.ts';
import { engine, removeProject, TEST_IMAGE } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { IDLE, makeImages, testEngine } from '../support/images.ts';
import { Repo } from '../support/repo.ts';
import { run } from '../support/run.ts';

const exec = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const ID = `images-${process.pid}`;
const IMAGES = ['controller', 'agent'].map((name) => `skep-${name}:${ID}`);
const BASE = `skep-test/base:${ID}`;
const docker = engine();

const manifest = (kind: string, name: string, spec: object) =>
  JSON.stringify({ apiVersion: 'skep/v1', kind, metadata: { name }, spec });
const FILES = {
  'host.yaml': manifest('Host', 'web-01', {}),
  'app.yaml': manifest('App', ID, { compose: './compose.yaml' }),
  'motd.txt': 'from git',
  'compose.yaml': JSON.stringify({
    services: {
      web: {
        image: TEST_IMAGE,
        command: IDLE,
        configs: [{ source: 'motd', target: '/motd' }],
        healthcheck: { test: ['CMD', 'grep', '-q', 'from git', '/motd'], interval: '1s' },
      },
    },
    configs: { motd: { file: './motd.txt' } },
  }),
};

/** What a command prints in a container; standard error follows. */
async function inside(name: string, ...Cmd: readonly string[]): Promise<string> {
  const call = await docker.getContainer(name).exec({
    Cmd: [...Cmd],
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
  });
  let text = '';
  for await (const chunk of await call.start({ Tty: true })) text += (chunk as Buffer).toString();
  const { ExitCode } = await call.inspect();
  return `${text.replaceAll('\r', '')}exit ${ExitCode}`;
}

async function start(name: string, options: Docker.ContainerCreateOptions): Promise<void> {
  // The check is the image's; only how often is not: nobody waits for it here.
  const Healthcheck = { Interval: 1_000_000_000 };
  const made = await docker.createContainer({ name: `${ID}-${name}`, Healthcheck, ...options });
  await made.start();
}

/** @throws Error with what the checks said and the last lines of the log. */
async function healthy(name: string): Promise<void> {
  const container = docker.getContainer(`${ID}-${name}`);
  const health = async () => (await container.inspect()).State.Health;
  const seen = async () => (await health())?.Status === 'healthy';
  await eventually(`the ${name} healthy`, seen, 90_000).catch(async (cause: unknown) => {
    const logs = await container.logs({ stdout: true, stderr: true, tail: 20 });
    const checks = JSON.stringify((await health())?.Log);
    throw new Error(`the ${name} is not healthy: ${checks}\n${logs.toString()}`, { cause });
  });
}

describe('the images that make docker builds', { timeout: 300_000 }, () => {
  let repo: Repo;
  /** The agent's data folder: at one path inside and outside, since containers mount its files. */
  let data = '';

  beforeAll(async () => {
    await makeImages();
    await makeBaseImage('skep-test/base', ID);
    // Whoever ran the tests by make must not share its jobs with this one.
    const env = { ...process.env, MAKEFLAGS: '', BASE_IMAGE: BASE, IMAGE_TAG: ID };
    const built = await run('make', ['-s', 'docker'], env, ROOT);
    if (built.code !== 0) throw new Error(`${built.stdout}${built.stderr}`);
    repo = await Repo.create(FILES);
    await chmod(repo.root, 0o755);
    data = await mkdtemp(join(tmpdir(), 'skep-agent-'));
    await docker.createNetwork({ Name: ID });
  }, 300_000);

  afterAll(async () => {
    // While they run, they bring back what is removed.
    for (const name of ['agent', 'controller']) {
      const container = docker.getContainer(`${ID}-${name}`);
      await container.remove({ force: true, v: true }).catch(() => {});
    }
    await removeProject(docker, ID);
    await docker
      .getNetwork(ID)
      .remove()
      .catch(() => {});
    for (const image of [...IMAGES, BASE]) {
      await docker
        .getImage(image)
        .remove({ force: true })
        .catch(() => {});
    }
    await repo?.destroy();
    await rm(data, { recursive: true, force: true });
  });

  it('say what they are in OCI labels, and run the controller as nobody special', async () => {
    const { stdout } = await exec('git', ['-C', ROOT, 'rev-parse', 'HEAD']);
    for (const image of IMAGES) {
      const { Config } = await docker.getImage(image).inspect();
      expect(Config.Labels).toMatchObject({
        'org.opencontainers.image.title': image.split(':')[0],
        'org.opencontainers.image.version': '0.1.0',
        'org.opencontainers.image.revision': stdout.trim(),
        'org.opencontainers.image.base.name': BASE,
      });
    }
    const { Config } = await docker.getImage(IMAGES[0] ?? '').inspect();
    expect(Config.User).toBe('7420:7420');
  });

  it('deploy an app to their own engine, and are healthy', async () => {
    await start('controller', {
      Image: IMAGES[0] ?? '',
      Env: ['SKEP_REPO=/srv/deploy.git', `SKEP_AGENT_ADVERTISE=${ID}-controller`],
      HostConfig: { Binds: [`${repo.bare}:/srv/deploy.git:ro`], NetworkMode: ID, Init: true },
    });
    await healthy('controller');
    const joined = await inside(`${ID}-controller`, 'skep', 'host', 'add', 'web-01');
    const token = /SKEP_JOIN_TOKEN=(\S+)/.exec(joined)?.[1];
    expect(token, joined).toBeDefined();

    await start('agent', {
      Image: IMAGES[1] ?? '',
      Env: [`SKEP_JOIN_TOKEN=${token}`, `SKEP_DATA_DIR=${data}`],
      HostConfig: {
        Binds: [`${testEngine().replace('unix://', '')}:/var/run/docker.sock`, `${data}:${data}`],
        NetworkMode: ID,
        Init: true,
      },
    });
    const waited = await inside(`${ID}-controller`, 'skep', 'wait', '--timeout', '2m');
    expect(waited).toMatch(/exit 0$/);
    expect(await inside(`${ID}-controller`, 'id', '-u')).toBe('7420\nexit 0');
    expect(await inside(`${ID}-web-1`, 'cat', '/motd')).toBe('from gitexit 0');
    await healthy('agent');
  });

  it('are refused in one clear line on a base without git', async () => {
    const env = { ...process.env, DOCKER_HOST: testEngine() };
    const built = await exec(
      'bash',
      [
        '-c',
        `work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; mkdir "$work/opt"; cp -R docker "$work"
        tar -C "$work" -c docker opt | "$0" scripts/build-image.ts docker/controller.Dockerfile \\
          "skep-controller:$1-none" "BASE_IMAGE=$2"`,
        ...[process.execPath, ID, TEST_IMAGE],
      ],
      { env, cwd: ROOT },
    ).catch((error: { readonly stderr: string }) => error);
    expect(built.stderr).toContain('skep-controller: BASE_IMAGE has no git');
    expect(built.stderr).toContain(`skep-controller:${ID}-none could not be built`);
  });
});
