import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { containerRequest } from '../../engine/container-body.ts';
import { mountedFiles } from '../../engine/mounted-files.ts';
import { mutableConfig, updateBody } from '../../engine/mutable.ts';
import { networkRequest } from '../../engine/network-body.ts';
import { volumeRequest } from '../../engine/volume-body.ts';
import { systemClock } from '../../kit/clock.ts';
import {
  type ComposeModel,
  type ComposeService,
  type EngineBody,
  type ObservedContainer,
  type RepositoryFile,
  sha256,
} from '../../schemas/domain/index.ts';
import { engineRequest, IDLE, makeImages, testEngine } from '../../test/support/images.ts';
import { createDockerodeEngine } from '../docker/dockerode-engine.ts';
import { AgentFixture, ownLabels } from '../testing/agent-fixture.ts';
import { ContentFileStore } from './file-store.ts';

const PROJECT = `skep-host-${process.pid}`;
const HELLO = new TextEncoder().encode('hello from git');
const FILES = new Map<string, RepositoryFile>([
  ['repo:/motd', { sha256: sha256(HELLO), size: HELLO.length, executable: false }],
]);
const WEB_IMAGE = 'skep-test/app:1';
const WEB: ComposeService = {
  image: WEB_IMAGE,
  command: IDLE,
  environment: { GREETING: 'hi' },
  networks: { back: { aliases: ['api'] }, front: null },
  volumes: [
    { type: 'volume', source: 'data', target: '/data' },
    { type: 'tmpfs', target: '/scratch', tmpfs: { size: '1048576' } },
  ],
  configs: [{ source: 'motd', target: '/etc/motd', mode: 0o440, gid: '33' }],
  healthcheck: { test: ['CMD-SHELL', 'test -e /tmp/ok'], interval: '200ms', retries: 1 },
  stop_grace_period: '3s',
  read_only: false,
  init: true,
  extra_hosts: ['db=10.0.0.9'],
  deploy: { resources: { limits: { cpus: '0.5', memory: '67108864', pids: 50 } } },
};
const MODEL: ComposeModel = {
  name: PROJECT,
  services: { web: WEB },
  networks: { back: {}, front: {} },
  volumes: { data: {} },
  configs: { motd: { file: 'repo:/motd' } },
  secrets: {},
};

async function shell(container: string, command: string): Promise<string> {
  const body = { Cmd: ['sh', '-c', command], AttachStdout: true, AttachStderr: true, Tty: true };
  const host = testEngine();
  const made = await engineRequest(host, 'POST', `/containers/${container}/exec`, body);
  const { Id } = JSON.parse(made.body) as { Id: string };
  const start = { Detach: false, Tty: true };
  return (await engineRequest(host, 'POST', `/exec/${Id}/start`, start)).body.trim();
}

describe('the host side of an agent on a real engine', () => {
  let folder: string;
  let agent: AgentFixture;
  const owned = (body: EngineBody): EngineBody => ({
    ...body,
    Labels: { ...(body['Labels'] as object), ...ownLabels() },
  });
  const latest = (name: string): ObservedContainer | undefined =>
    agent.deltas.flatMap(({ containers }) => containers).findLast((found) => found.name === name);
  const removed = () => agent.deltas.flatMap((delta) => delta.removed.containers);

  beforeAll(async () => {
    await makeImages();
    folder = await mkdtemp(join(tmpdir(), 'skep-host-'));
    const files = new ContentFileStore(join(folder, 'files'), systemClock);
    agent = await AgentFixture.start({
      engine: createDockerodeEngine(testEngine()),
      clock: systemClock,
      files,
    });
  });

  beforeEach(() => {
    agent.deltas.length = 0;
  });

  afterAll(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('deploys, changes and removes a service, as its deltas show', async () => {
    for (const key of ['back', 'front']) {
      const { name, body } = networkRequest(MODEL, key);
      const created = await agent.run({ kind: 'create-network', name, body: owned(body) });
      expect(created).toMatchObject({ status: 'done' });
    }
    const volume = volumeRequest(MODEL, 'data');
    const { name: data } = volume;
    await agent.run({ kind: 'create-volume', name: data, body: owned(volume.body) });
    for (const file of mountedFiles({ model: MODEL, service: 'web', files: FILES })) {
      const put = await agent.run({ kind: 'put-file', ...file }, { content: HELLO });
      expect(put.status).toBe('done');
    }
    const request = { model: MODEL, service: 'web', number: 1, files: FILES, image: WEB_IMAGE };
    const { name, body } = containerRequest(request);
    const created = await agent.create(name, owned(body));
    expect(created).toMatchObject({ status: 'done' });
    expect(latest(name)).toMatchObject({ state: 'created', recorded: true });
    const started = await agent.run({ kind: 'start-container', target: name });
    expect(started).toMatchObject({ status: 'done' });
    expect(latest(name)).toMatchObject({
      state: 'running',
      health: 'starting',
      stopTimeoutS: 3,
      owner: { app: 'shop/web', service: 'web', number: 1 },
      mutable: { ...mutableConfig(WEB), memorySwap: expect.anything() },
    });
    const attached = latest(name)?.networks.map(({ name: network, aliases }) => [network, aliases]);
    expect(attached).toEqual([
      [`${PROJECT}_back`, ['api', name, 'web'].sort()],
      [`${PROJECT}_front`, [name, 'web'].sort()],
    ]);

    expect(await shell(name, 'cat /etc/motd')).toBe('hello from git');
    expect(await shell(name, 'stat -c %a:%g /etc/motd')).toBe('440:33');
    expect(await shell(name, 'echo $GREETING; grep -cw db /etc/hosts')).toMatch(/^hi\s+1$/);
    expect(await shell(name, 'df /scratch | tail -1')).toContain('/scratch');

    await expect.poll(() => latest(name)?.health, { timeout: 10_000 }).toBe('unhealthy');
    await shell(name, 'touch /tmp/ok');
    await expect.poll(() => latest(name)?.health, { timeout: 10_000 }).toBe('healthy');

    const larger = {
      ...WEB,
      deploy: { resources: { limits: { cpus: '1', memory: '134217728', pids: 0 } } },
    };
    const wanted = mutableConfig(larger);
    const update = updateBody(latest(name)?.mutable ?? wanted, wanted) ?? {};
    expect(await agent.run({ kind: 'update-container', target: name, body: update })).toMatchObject(
      {
        status: 'done',
      },
    );
    expect(latest(name)?.mutable).toMatchObject({ memory: 134217728, nanoCpus: 1e9, pidsLimit: 0 });

    const id = latest(name)?.id ?? '';
    const stopped = await agent.run({ kind: 'stop-container', target: id, timeoutS: 3 });
    expect(stopped).toMatchObject({ status: 'done' });
    expect(latest(name)).toMatchObject({ state: 'exited' });
    expect((await agent.run({ kind: 'remove-container', target: id })).status).toBe('done');
    expect(removed()).toContain(id);
    for (const { id: network, name: key, owner } of (
      await agent.observer.snapshot(AbortSignal.timeout(5000))
    ).networks) {
      if (!owner || !key.startsWith(PROJECT)) continue;
      const gone = await agent.run({ kind: 'remove-network', network, name: key });
      expect(gone).toMatchObject({ status: 'done' });
    }
    expect((await agent.run({ kind: 'remove-volume', name: data })).status).toBe('done');
  });

  it('sees what a person does behind its back, and leaves strangers alone', async () => {
    const host = testEngine();
    const name = `${PROJECT}-theirs`;
    const body = { Image: 'skep-test/app:1', Env: ['CANARY=s3cret'], Labels: { note: 's3cret' } };
    const made = await engineRequest(host, 'POST', `/containers/create?name=${name}`, body);
    const { Id } = JSON.parse(made.body) as { Id: string };
    await engineRequest(host, 'POST', `/containers/${Id}/start`);
    await expect.poll(() => latest(name)?.state).toBe('running');
    const refused = await agent.run({ kind: 'stop-container', target: name, timeoutS: 1 });
    expect(refused.error).toMatchObject({ code: 'NotOwned', fault: 'host' });
    await engineRequest(host, 'DELETE', `/containers/${Id}?force=1`);
    await expect.poll(() => removed()).toContain(Id);
    expect(JSON.stringify(agent.deltas)).not.toContain('s3cret');
  });

  it('keeps a volume that was taken over while its content changes', async () => {
    const host = testEngine();
    const volume = `${PROJECT}-foreign`;
    const create = async (name: string) =>
      await engineRequest(host, 'POST', '/volumes/create', { Name: name });
    await create(volume);
    const fields = { object: 'volume', target: volume, key: 'data', number: 0 } as const;
    const adopted = await agent.run({ kind: 'adopt', ...fields, specHash: 'v1:a' });
    expect(adopted.status).toBe('done');
    const owner = async () => {
      const { volumes } = await agent.observer.snapshot(AbortSignal.timeout(10_000));
      return volumes.find(({ name }) => name === volume)?.owner?.app;
    };
    const createdAt = async () => {
      const found = await engineRequest(host, 'GET', `/volumes/${volume}`);
      return (JSON.parse(found.body) as { CreatedAt: string }).CreatedAt;
    };
    expect(await owner()).toBe('shop/web');
    const before = await createdAt();
    const writer = `${volume}-writer`;
    await agent.create(writer, {
      Cmd: ['sh', '-c', 'while :; do echo > /data/$(date +%s%N); sleep 0.2; done'],
      HostConfig: { Binds: [`${volume}:/data`] },
    });
    await agent.run({ kind: 'start-container', target: writer });
    const { Version } = JSON.parse((await engineRequest(host, 'GET', '/version')).body) as {
      Version: string;
    };
    // Engines up to 20.10 tell the last change of the folder as the age of the volume.
    if (Version.startsWith('20.')) {
      await expect.poll(createdAt, { timeout: 20_000 }).not.toBe(before);
    }
    expect(await owner()).toBe('shop/web');
    await agent.run({ kind: 'stop-container', target: writer, timeoutS: 1 });
    await agent.run({ kind: 'remove-container', target: writer });
    await engineRequest(host, 'DELETE', `/volumes/${volume}`);
    await create(volume);
    expect(await owner()).toBeUndefined();
    const refused = await agent.run({ kind: 'remove-volume', name: volume });
    expect(refused.error?.code).toBe('NotOwned');
    await engineRequest(host, 'DELETE', `/volumes/${volume}`);
  });

  it('notices an image that appears by itself', async () => {
    const host = testEngine();
    const tag = `repo=skep-test/tagged&tag=${process.pid}`;
    await engineRequest(host, 'POST', `/images/skep-test/app:1/tag?${tag}`);
    const reference = `skep-test/tagged:${process.pid}`;
    const tags = () => agent.deltas.flatMap(({ images }) => images).at(-1)?.tags ?? [];
    await expect.poll(tags).toContain(reference);
    await engineRequest(host, 'DELETE', `/images/${reference}`);
    await expect.poll(tags).not.toContain(reference);
  });

  it('says nothing about probes that run and change nothing', async () => {
    const name = `${PROJECT}-probed`;
    const Healthcheck = { Test: ['CMD', 'true'], Interval: 100_000_000 };
    await agent.create(name, { Cmd: IDLE, Healthcheck });
    await agent.run({ kind: 'start-container', target: name });
    await expect.poll(() => latest(name)?.health, { timeout: 10_000 }).toBe('healthy');
    agent.deltas.length = 0;
    const probes = async () => {
      const found = await engineRequest(testEngine(), 'GET', `/containers/${name}/json`);
      const inspected = JSON.parse(found.body) as {
        State: { Health: { Log: { Start: string }[] } };
      };
      return inspected.State.Health.Log.at(-1)?.Start;
    };
    const first = await probes();
    await expect.poll(probes, { timeout: 10_000 }).not.toBe(first);
    await agent.observer.settle(AbortSignal.timeout(5000));
    expect(agent.deltas).toEqual([]);
    await agent.run({ kind: 'stop-container', target: name, timeoutS: 1 });
    await agent.run({ kind: 'remove-container', target: name });
  });

  it('says why a container could not be started', async () => {
    const name = `${PROJECT}-broken`;
    await agent.create(name, { Cmd: ['/none'] });
    const { error } = await agent.run({ kind: 'start-container', target: name });
    expect(error).toMatchObject({ code: 'StartFailed', fault: 'spec' });
    expect(latest(name)?.error).toContain('/none');
    const missing = {
      HostConfig: { Mounts: [{ Type: 'bind', Source: '/none/such', Target: '/x' }] },
    };
    expect((await agent.create(`${name}-mount`, missing)).error).toMatchObject({
      code: 'MountFailed',
      fault: 'world',
    });
    await agent.run({ kind: 'remove-container', target: name });
  });
});
