import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observedContainer } from '../../engine/normalise.ts';
import type { EngineBody } from '../../schemas/domain/index.ts';
import type { DockerEngine, EngineEvent } from '../core/docker-engine.ts';
import { EngineFailure } from '../core/engine-failure.ts';

export interface EngineUnderTest {
  readonly engine: DockerEngine;
  /** An image whose containers run until they are stopped. */
  readonly image: string;
  /** A body that the runtime cannot start. */
  readonly unstartable: EngineBody;
  /** Begins every name that the suite makes. */
  readonly prefix: string;
  /** Removes what a test left. */
  cleanUp(): Promise<void>;
}

const FREE_PORT = '48123';

/** What observe and execute rely on: held by the fake and by real engines. */
export function describeEngineContract(make: () => Promise<EngineUnderTest>): void {
  let test: EngineUnderTest;
  let engine: DockerEngine;
  const signal = AbortSignal.timeout(60_000);
  const name = (suffix: string) => `${test.prefix}-${suffix}`;
  const body = (more: EngineBody = {}): EngineBody => ({ Image: test.image, ...more });

  async function stateOf(target: string) {
    const inspected = await engine.inspectContainer(target, signal);
    return inspected && observedContainer(inspected).state;
  }

  async function failure(call: Promise<unknown>): Promise<EngineFailure> {
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(EngineFailure);
    return error as EngineFailure;
  }

  beforeEach(async () => {
    test = await make();
    engine = test.engine;
    await engine.connect(signal);
  });

  afterEach(() => test.cleanUp());

  describe('containers', () => {
    it('go from created to running to exited to gone', async () => {
      const id = await engine.createContainer(name('a'), body(), signal);
      expect(await stateOf(id)).toBe('created');
      await engine.startContainer(id, signal);
      expect(await stateOf(name('a'))).toBe('running');
      await engine.stopContainer(id, 5, signal);
      expect(await stateOf(id)).toBe('exited');
      await engine.removeContainer(id, signal);
      expect(await stateOf(id)).toBeUndefined();
    });

    it('may be started and stopped twice', async () => {
      const id = await engine.createContainer(name('a'), body(), signal);
      await engine.startContainer(id, signal);
      await engine.startContainer(id, signal);
      await engine.stopContainer(id, 5, signal);
      await engine.stopContainer(id, 5, signal);
      expect(await stateOf(id)).toBe('exited');
    });

    it('are refused under a name that is taken', async () => {
      await engine.createContainer(name('a'), body(), signal);
      const error = await failure(engine.createContainer(name('a'), body(), signal));
      expect(error).toMatchObject({ code: 'NameTaken', fault: 'world', status: 409 });
    });

    it('are refused without their image', async () => {
      const missing = { Image: 'skep-test/none:1' };
      const error = await failure(engine.createContainer(name('a'), missing, signal));
      expect(error).toMatchObject({ code: 'ImageNotFound', fault: 'world', status: 404 });
    });

    it('keep the error of a start that the runtime refused', async () => {
      const id = await engine.createContainer(name('a'), test.unstartable, signal);
      const error = await failure(engine.startContainer(id, signal));
      expect(error).toMatchObject({ code: 'StartFailed', fault: 'spec' });
      const inspected = (await engine.inspectContainer(id, signal)) ?? {};
      expect(inspected['State']).toMatchObject({
        Status: 'created',
        Error: expect.stringMatching(/./),
      });
    });

    it('are not started on a host port that another one holds', async () => {
      const PortBindings = { '80/tcp': [{ HostPort: FREE_PORT }] };
      const bound = body({ ExposedPorts: { '80/tcp': {} }, HostConfig: { PortBindings } });
      const first = await engine.createContainer(name('a'), bound, signal);
      await engine.startContainer(first, signal);
      const second = await engine.createContainer(name('b'), bound, signal);
      const error = await failure(engine.startContainer(second, signal));
      expect(error).toMatchObject({ code: 'PortConflict', fault: 'world' });
    });

    it('are not started on a network that is gone', async () => {
      const NetworkMode = name('net');
      await engine.createNetwork({ Name: NetworkMode }, signal);
      const id = await engine.createContainer(
        name('a'),
        body({ HostConfig: { NetworkMode } }),
        signal,
      );
      await engine.removeNetwork(NetworkMode, signal);
      const error = await failure(engine.startContainer(id, signal));
      expect(error).toMatchObject({ code: 'NetworkNotFound', fault: 'world' });
    });

    it('are not removed while they run', async () => {
      const id = await engine.createContainer(name('a'), body(), signal);
      await engine.startContainer(id, signal);
      expect(await failure(engine.removeContainer(id, signal))).toMatchObject({ status: 409 });
    });

    it('are renamed, but not to a name that is taken', async () => {
      const id = await engine.createContainer(name('a'), body(), signal);
      await engine.createContainer(name('b'), body(), signal);
      const error = await failure(engine.renameContainer(id, name('b'), signal));
      expect(error).toMatchObject({ code: 'NameTaken', status: 409 });
      await engine.renameContainer(id, name('c'), signal);
      const inspected = await engine.inspectContainer(id, signal);
      expect(inspected?.['Name']).toBe(`/${name('c')}`);
    });

    it('take a new restart policy in place', async () => {
      const id = await engine.createContainer(name('a'), body(), signal);
      const RestartPolicy = { Name: 'on-failure', MaximumRetryCount: 3 };
      await engine.updateContainer(id, { RestartPolicy }, signal);
      const inspected = (await engine.inspectContainer(id, signal)) ?? {};
      expect(inspected['HostConfig']).toMatchObject({ RestartPolicy });
    });

    it('take signals and commands while they run, and only then', async () => {
      const id = await engine.createContainer(name('a'), body(), signal);
      const command = { argv: ['/bin/true'] };
      expect((await failure(engine.killContainer(id, 'SIGHUP', signal))).status).toBe(409);
      expect((await failure(engine.exec(id, command, signal))).status).toBe(409);
      await engine.startContainer(id, signal);
      await engine.killContainer(id, 'SIGCONT', signal);
      expect(await engine.exec(id, command, signal)).toMatchObject({ exitCode: 0, output: [] });
      expect(await stateOf(id)).toBe('running');
    });

    it('that are not there answer 404', async () => {
      expect(await failure(engine.startContainer(name('none'), signal))).toMatchObject({
        status: 404,
      });
      expect(await failure(engine.stopContainer(name('none'), 1, signal))).toMatchObject({
        status: 404,
      });
      expect(await engine.inspectContainer(name('none'), signal)).toBeUndefined();
    });
  });

  describe('networks', () => {
    it('are found by name, take containers, and go', async () => {
      const network = await engine.createNetwork({ Name: name('net'), Labels: { a: 'b' } }, signal);
      expect(await engine.inspectNetwork(name('net'), signal)).toMatchObject({
        Labels: { a: 'b' },
      });
      const id = await engine.createContainer(name('a'), body(), signal);
      await engine.startContainer(id, signal);
      await engine.connectNetwork(name('net'), id, { Aliases: ['web'] }, signal);
      const inspected = (await engine.inspectContainer(id, signal)) ?? {};
      const { networks } = observedContainer({
        ...inspected,
        Config: { Labels: { 'skep.installation': 'i', 'skep.app': 'p/a' } },
      });
      expect(networks).toContainEqual(
        expect.objectContaining({ name: name('net'), id: network, aliases: ['web'] }),
      );
      expect((await failure(engine.removeNetwork(network, signal))).status).toBe(403);
      await engine.disconnectNetwork(name('net'), id, signal);
      await engine.removeNetwork(network, signal);
      expect(await engine.inspectNetwork(network, signal)).toBeUndefined();
    });
  });

  describe('volumes', () => {
    it('are made once, stay while they are used, and go', async () => {
      const volume = { Name: name('data'), Labels: { a: 'b' } };
      await engine.createVolume(volume, signal);
      expect(await engine.inspectVolume(name('data'), signal)).toMatchObject({
        Labels: { a: 'b' },
      });
      const HostConfig = { Binds: [`${name('data')}:/data:rw`] };
      const id = await engine.createContainer(name('a'), body({ HostConfig }), signal);
      expect((await failure(engine.removeVolume(name('data'), signal))).status).toBe(409);
      await engine.removeContainer(id, signal);
      await engine.removeVolume(name('data'), signal);
      expect(await engine.inspectVolume(name('data'), signal)).toBeUndefined();
    });
  });

  describe('images', () => {
    it('are listed and inspected with their platform', async () => {
      const images = await engine.listImages(signal);
      const tagged = images.find((image) => (image['RepoTags'] as string[]).includes(test.image));
      const inspected = await engine.inspectImage(test.image, signal);
      expect(inspected).toMatchObject({ Id: tagged?.['Id'], Os: 'linux' });
      expect(await engine.inspectImage('skep-test/none:1', signal)).toBeUndefined();
    });

    it('that no registry has fail their pull', async () => {
      const error = await failure(
        engine.pullImage('skep-test/none:1', undefined, () => {}, signal),
      );
      expect(error.fault).toBe('world');
      expect(['ImageNotFound', 'PullDenied', 'PullFailed']).toContain(error.code);
    });
  });

  describe('events', () => {
    it('tell what happens to containers, in order', async () => {
      const events: EngineEvent[] = [];
      const end = new AbortController();
      let streamed: Promise<void> = Promise.resolve();
      await new Promise<void>((opened, refused) => {
        streamed = engine.events({ opened, event: (event) => events.push(event) }, end.signal);
        streamed.catch(refused);
      });
      const id = await engine.createContainer(name('a'), body({ Labels: { l: 'v' } }), signal);
      await engine.startContainer(id, signal);
      await engine.stopContainer(id, 5, signal);
      await engine.removeContainer(id, signal);
      const own = () => events.filter((event) => event.kind === 'container' && event.id === id);
      await expect.poll(() => own().at(-1)?.action, { timeout: 5000 }).toBe('destroy');
      const actions = own().map(({ action }) => action);
      expect(actions.slice(0, 2)).toEqual(['create', 'start']);
      expect(actions).toContain('die');
      expect(own()[0]?.attributes).toMatchObject({ l: 'v' });
      end.abort();
      await streamed;
    });
  });
}
