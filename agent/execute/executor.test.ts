import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABEL, type Outcome, sha256, type UnitKey } from '../../schemas/domain/index.ts';
import { until } from '../../test/support/until.ts';
import { AgentFixture, ownLabels } from '../testing/agent-fixture.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { MemoryJournalFile } from '../testing/memory-stores.ts';

describe('an executor', () => {
  let engine: FakeEngine;
  let clock: DrivenClock;
  let journalFile: MemoryJournalFile;
  let agent: AgentFixture;

  const start = () => AgentFixture.start({ engine, clock, journalFile });

  beforeEach(async () => {
    engine = new FakeEngine();
    engine.host.addImage('skep-test/app:1');
    clock = new DrivenClock();
    journalFile = new MemoryJournalFile();
    agent = await start();
  });

  afterEach(() => agent.stop());

  const names = () => [...engine.host.containers.values()].map(({ name }) => name);

  describe('admits', () => {
    it('a higher epoch, and then no lower one, also after a restart', async () => {
      const stop = { kind: 'stop-container', target: 'none', timeoutS: 1 } as const;
      expect((await agent.run(stop, { epoch: 7n })).status).toBe('unchanged');
      expect((await agent.run(stop, { epoch: 6n })).error).toMatchObject({
        code: 'StaleEpoch',
        fault: 'host',
      });
      await agent.stop();
      agent = await start();
      expect(agent.executor.epoch()).toBe(7n);
      expect((await agent.run(stop, { epoch: 6n })).error?.code).toBe('StaleEpoch');
    });

    it('nothing while the host is paused, and says until when and why', async () => {
      agent.paused = { reason: 'disk swap', untilMs: Date.UTC(2026, 0, 1, 1) };
      const outcome = await agent.create('web-web-1');
      expect(outcome.error).toEqual({
        code: 'HostPaused',
        fault: 'host',
        message: 'paused until 2026-01-01T01:00:00.000Z: disk swap',
      });
      expect(names()).toEqual([]);
      agent.paused = undefined;
      expect((await agent.create('web-web-1')).status).toBe('done');
    });

    it('only projects that the host allows', async () => {
      agent.policy = { ...agent.policy, projects: ['other'] };
      expect((await agent.create('web-web-1')).error?.code).toBe('HostPolicy');
      expect(names()).toEqual([]);
    });

    it('only kinds that it knows', async () => {
      const request = agent.request({ kind: 'start-container', target: 'x' });
      const odd = { ...request, operation: { ...request.operation, kind: 'exec' as never } };
      const outcome = await agent.executor.execute(odd, () => {}, new AbortController().signal);
      expect(outcome.error).toMatchObject({ code: 'InvalidSpec', fault: 'host' });
    });
  });

  describe('does each operation once', () => {
    it('answers a repeated id from its journal, also after a restart', async () => {
      const request = { operationId: 'once' };
      const create = { kind: 'create-container', name: 'a', specHash: 'v1:a' } as const;
      const body = { Image: 'skep-test/app:1', Labels: ownLabels() };
      const first = await agent.run({ ...create, body }, request);
      const made = engine.changes.length;
      expect(await agent.run({ ...create, body }, request)).toEqual(first);
      await agent.stop();
      agent = await start();
      expect(await agent.run({ ...create, body }, request)).toEqual(first);
      expect(engine.changes).toHaveLength(made);
    });

    it('joins a request that is under way', async () => {
      engine.faults.plan('createContainer', { kind: 'hang-after' });
      const body = { Image: 'skep-test/app:1', Labels: ownLabels() };
      const create = { kind: 'create-container', name: 'a', specHash: 'v1:a', body } as const;
      const first = agent.run(create, { operationId: 'same' });
      const second = agent.run(create, { operationId: 'same' });
      await clock.advance(130_000);
      expect(await first).toEqual(await second);
      expect(engine.changes).toEqual(['createContainer a']);
    });

    it('calls one interrupted that began before a crash and never ended', async () => {
      journalFile.text += `${JSON.stringify({ t: 'begin', id: 'lost' })}\n`;
      await agent.stop();
      agent = await start();
      const outcome = await agent.run(
        { kind: 'start-container', target: 'a' },
        { operationId: 'lost' },
      );
      expect(outcome.error).toMatchObject({ code: 'Interrupted', fault: 'world' });
    });

    it('has the begin on disk before the engine is asked', async () => {
      await agent.create('a');
      expect(journalFile.text.indexOf('"begin"')).toBeGreaterThan(-1);
      expect(journalFile.synced).toBeGreaterThanOrEqual(3);
    });
  });

  describe('touches only what is its own', () => {
    const strange = [
      ['unlabelled', {}],
      ['of another installation', ownLabels({ [LABEL.installation]: 'ffffffffffffffff' })],
      ['of another app', ownLabels({ [LABEL.app]: 'shop/other' })],
    ] as const;

    it.each(strange)('a container that is %s stays as it is', async (_what, Labels) => {
      const { id } = engine.host.create('theirs', { Image: 'skep-test/app:1', Labels });
      engine.host.start(id);
      const before = JSON.stringify(engine.host.present(id));
      const operations = [
        { kind: 'start-container', target: 'theirs' },
        { kind: 'stop-container', target: 'theirs', timeoutS: 1 },
        { kind: 'remove-container', target: id },
        { kind: 'rename-container', target: id, name: 'mine' },
        { kind: 'update-container', target: id, body: { Memory: 1 } },
        { kind: 'unpause-container', target: id },
        { kind: 'connect-network', target: id, network: 'bridge', body: {} },
        { kind: 'disconnect-network', target: id, network: 'bridge' },
      ] as const;
      for (const fields of operations) {
        const { error } = await agent.run(fields);
        expect(error, fields.kind).toMatchObject({ code: 'NotOwned', fault: 'host' });
      }
      expect(JSON.stringify(engine.host.present(id))).toBe(before);
    });

    it('networks and volumes of others stay too', async () => {
      const network = engine.host.createNetwork('theirs', {});
      engine.host.createVolume('theirs', {});
      const removals = [
        { kind: 'remove-network', network: network.id, name: 'theirs' },
        { kind: 'remove-volume', name: 'theirs' },
      ] as const;
      for (const fields of removals) {
        expect((await agent.run(fields)).error?.code).toBe('NotOwned');
      }
      expect(engine.changes).toEqual([]);
    });

    it('creates nothing without its own labels', async () => {
      const body = { Image: 'skep-test/app:1', Labels: ownLabels({ [LABEL.app]: 'shop/other' }) };
      const outcome = await agent.run({ kind: 'create-container', name: 'a', specHash: 'v', body });
      expect(outcome.error?.code).toBe('NotOwned');
      expect(names()).toEqual([]);
    });

    it('does not take over the name of a stranger', async () => {
      engine.host.create('a', { Image: 'skep-test/app:1' });
      expect((await agent.create('a')).error).toMatchObject({
        code: 'NameTaken',
        fault: 'world',
        message: expect.stringContaining('that is not managed here'),
      });
    });

    it('does not take an own container of another spec for the one asked for', async () => {
      await agent.create('a', {}, 'v1:old');
      expect((await agent.create('a', {}, 'v1:new')).error?.code).toBe('NameTaken');
    });
  });

  it('starts what has run and ended only where the plan knows that it has', async () => {
    await agent.create('a');
    const start = { kind: 'start-container', target: 'a', first: true } as const;
    expect((await agent.run(start)).status).toBe('done');
    engine.host.exit('a', 0);
    expect((await agent.run(start)).status).toBe('unchanged');
    expect((await agent.run({ ...start, first: false })).status).toBe('done');
  });

  describe('changes nothing that already is as asked', () => {
    async function twice(fields: Parameters<AgentFixture['run']>[0]): Promise<Outcome['status'][]> {
      return [(await agent.run(fields)).status, (await agent.run(fields)).status];
    }

    it('containers', async () => {
      expect((await agent.create('a')).status).toBe('done');
      expect((await agent.create('a')).status).toBe('unchanged');
      expect(await twice({ kind: 'start-container', target: 'a' })).toEqual(['done', 'unchanged']);
      const update = { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } };
      expect(await twice({ kind: 'update-container', target: 'a', body: update })).toEqual([
        'done',
        'unchanged',
      ]);
      const { id } = engine.host.present('a');
      const rename = { kind: 'rename-container', target: id, name: 'b' } as const;
      expect(await twice(rename)).toEqual(['done', 'unchanged']);
      engine.host.pause(id, true);
      expect(await twice({ kind: 'unpause-container', target: id })).toEqual(['done', 'unchanged']);
      const stop = { kind: 'stop-container', target: id, timeoutS: 1 } as const;
      expect(await twice(stop)).toEqual(['done', 'unchanged']);
      expect(await twice({ kind: 'remove-container', target: id })).toEqual(['done', 'unchanged']);
    });

    it('networks, volumes and images', async () => {
      const body = { Name: 'n', Labels: ownLabels() };
      expect(await twice({ kind: 'create-network', name: 'n', body })).toEqual([
        'done',
        'unchanged',
      ]);
      expect(await twice({ kind: 'create-volume', name: 'n', body })).toEqual([
        'done',
        'unchanged',
      ]);
      await agent.create('a');
      const attach = { kind: 'connect-network', network: 'n', target: 'a', body: {} } as const;
      expect(await twice(attach)).toEqual(['done', 'unchanged']);
      const detach = { kind: 'disconnect-network', network: 'n', target: 'a' } as const;
      expect(await twice(detach)).toEqual(['done', 'unchanged']);
      const network = engine.host.network('n')?.id ?? '';
      const remove = { kind: 'remove-network', network, name: 'n' } as const;
      expect(await twice(remove)).toEqual(['done', 'unchanged']);
      expect(await twice({ kind: 'remove-volume', name: 'n' })).toEqual(['done', 'unchanged']);
      engine.host.publish('b:1');
      expect(await twice({ kind: 'pull-image', reference: 'b:1' })).toEqual(['done', 'unchanged']);
    });
  });

  describe('reports', () => {
    it('what an operation did before its outcome', async () => {
      agent.said.length = 0;
      await agent.create('a');
      await agent.run({ kind: 'start-container', target: 'a' });
      expect(agent.said).toEqual(['delta', 'done', 'delta', 'done']);
      expect(agent.deltas.at(-1)?.containers[0]).toMatchObject({ name: 'a', state: 'running' });
    });

    it('the state of what failed as well', async () => {
      engine.host.addImage('broken:1', { startError: 'exec: "x": not found' });
      await agent.create('a', { Image: 'broken:1' });
      const outcome = await agent.run({ kind: 'start-container', target: 'a' });
      expect(outcome.error).toMatchObject({ code: 'StartFailed', fault: 'spec' });
      expect(agent.deltas.at(-1)?.containers[0]?.error).toContain('exec: "x": not found');
    });

    it('that a created container is recorded as its own', async () => {
      await agent.create('a');
      expect(agent.deltas.at(-1)?.containers[0]?.recorded).toBe(true);
    });

    it('an image for another platform', async () => {
      engine.host.publish('b:1', {}, 'arm64');
      const { error } = await agent.run({ kind: 'pull-image', reference: 'b:1' });
      expect(error).toEqual({
        code: 'PlatformMismatch',
        fault: 'world',
        message: 'b:1 is for linux/arm64, this host is linux/amd64',
      });
      // It was not even pulled; where the registry does not tell, it is seen afterwards.
      expect(engine.host.image('b:1')).toBeUndefined();
      engine.faults.plan('inspectManifest', { kind: 'before' });
      const late = await agent.run({ kind: 'pull-image', reference: 'b:1' });
      expect(late.error).toEqual(error);
      const asked = { kind: 'pull-image', reference: 'b:1', platform: 'linux/arm64/v8' } as const;
      expect((await agent.run(asked)).error).toBeUndefined();
    });
  });

  describe('removes an image', () => {
    const remove = async (used: boolean) => {
      engine.host.publish('r/web:1');
      engine.host.pull('r/web:1');
      const found = engine.host.image('r/web:1');
      const [lock = ''] = found?.digests ?? [];
      if (used) engine.host.create('stranger', { Image: 'r/web:1' });
      const fields = { kind: 'remove-image', image: found?.id ?? '', lock } as const;
      return { fields, outcome: await agent.run(fields) };
    };
    const isThere = () => engine.host.image('r/web:1') !== undefined;

    it('that nothing uses, once', async () => {
      const { fields, outcome } = await remove(false);
      expect(outcome.status).toBe('done');
      expect(isThere()).toBe(false);
      expect((await agent.run(fields)).status).toBe('unchanged');
    });

    it('never under a container, be it of a stranger', async () => {
      expect((await remove(true)).outcome.status).toBe('unchanged');
      expect(isThere()).toBe(true);
    });

    it('not where its digest names another one by now', async () => {
      const { fields } = await remove(true);
      const outcome = await agent.run({ ...fields, image: 'sha256:another' });
      expect(outcome.status).toBe('unchanged');
      expect(engine.changes.filter((change) => change.startsWith('removeImage'))).toEqual([]);
    });
  });

  describe('with files', () => {
    const content = new TextEncoder().encode('hello');
    const file = {
      kind: 'put-file',
      sha256: sha256('hello'),
      size: 5,
      mode: 0o444,
      uid: 0,
      gid: 0,
    } as const;
    const mounts = (sha256: string) => ({
      HostConfig: {
        Mounts: [{ Type: 'bind', Source: `skep-file:${sha256}:444:0:0`, Target: '/a' }],
      },
    });

    it('keeps them and mounts its own path', async () => {
      expect((await agent.run(file, { content })).status).toBe('done');
      expect((await agent.run(file, { content })).status).toBe('unchanged');
      expect((await agent.create('a', mounts(file.sha256))).status).toBe('done');
      expect(engine.host.present('a').hostConfig.Mounts).toEqual([
        { Type: 'bind', Source: `/data/files/${file.sha256}-444-0-0`, Target: '/a' },
      ]);
    });

    it('refuses bytes of another content', async () => {
      const other = new TextEncoder().encode('hullo');
      expect((await agent.run(file, { content: other })).error?.code).toBe('Interrupted');
      expect(agent.files.files.size).toBe(0);
    });

    it('does not create a container whose file is missing', async () => {
      const { error } = await agent.create('a', mounts(file.sha256));
      expect(error).toMatchObject({ code: 'MountFailed', fault: 'world' });
      expect(names()).toEqual([]);
    });
  });

  describe('holds the policy of its host', () => {
    const bind = (source: string) => ({ HostConfig: { Binds: [`${source}:/x:rw`] } });

    it('refuses paths that are kept from containers, also behind links', async () => {
      agent.policy = { ...agent.policy, denyBinds: ['/etc/skep'] };
      agent.files.links.set('/srv/innocent', '/etc/skep/keys');
      for (const source of ['/etc/skep', '/etc/skep/../skep/keys', '/etc', '/', '/srv/innocent']) {
        expect((await agent.create('a', bind(source))).error?.code, source).toBe('HostPolicy');
      }
      expect((await agent.create('a', bind('/etc/skeptical'))).status).toBe('done');
    });

    it('refuses members of a body that it does not know', async () => {
      const { error } = await agent.create('a', { HostConfig: { PidMode: 'host' } });
      expect(error).toMatchObject({ code: 'HostPolicy', fault: 'host' });
    });
  });

  it('connects the further networks where an engine takes only one at create', async () => {
    engine.host.createNetwork('n1', {});
    engine.host.createNetwork('n2', {});
    const more = {
      HostConfig: { NetworkMode: 'n1' },
      NetworkingConfig: { EndpointsConfig: { n1: { Aliases: ['a'] }, n2: { Aliases: ['b'] } } },
    };
    engine.faults.plan('connectNetwork', { kind: 'before', status: 500 });
    expect((await agent.create('a', more)).error?.code).toBe('EngineError');
    expect((await agent.create('a', more)).status).toBe('done');
    expect([...engine.host.present('a').networks.keys()]).toEqual(['n1', 'n2']);
    expect((await agent.create('a', more)).status).toBe('unchanged');
  });

  it('does at most eight things at once, and one at a time on one object', async () => {
    let most = 0;
    const active = new Set<string>();
    engine = new FakeEngine({
      fault: (call, target) => {
        if (call === 'createContainer') {
          expect(active.has(target)).toBe(false);
          active.add(target);
        }
        most = Math.max(most, agent.executor.running().length);
        return undefined;
      },
    });
    engine.host.addImage('skep-test/app:1');
    await agent.stop();
    agent = await start();
    const all = Array.from({ length: 20 }, (_, index) => agent.create(`a${index}`));
    const same = [agent.create('a0'), agent.create('a0')];
    active.delete('a0');
    const outcomes = await Promise.all([...all, ...same]);
    expect(outcomes.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  it('passes on what a pull says at most twice a second', async () => {
    const texts: string[] = [];
    engine.pullImage = async (_reference, _auth, progress) => {
      for (let step = 0; step < 1000; step += 1) {
        progress({ text: `step ${step}`, doneBytes: step, totalBytes: 1000 });
        await clock.advance(2);
      }
    };
    await agent.run({ kind: 'pull-image', reference: 'c:1' }, {}, ({ text }) => texts.push(text));
    expect(texts.length).toBeLessThanOrEqual(6);
    expect(texts.at(-1)).toBe('step 999');
  });

  it('pulls at most three images at once, and leaves room for everything else', async () => {
    let pulling = 0;
    let most = 0;
    const release: (() => void)[] = [];
    engine.pullImage = async () => {
      pulling += 1;
      most = Math.max(most, pulling);
      await new Promise<void>((resolve) => release.push(resolve));
      pulling -= 1;
    };
    const pulls = Array.from({ length: 20 }, (_, index) =>
      agent.run({ kind: 'pull-image', reference: `p${index}:1` }),
    );
    expect((await agent.create('beside')).status).toBe('done');
    for (let done = 0; done < pulls.length; done += 1) {
      await until(() => release.length > 0, { what: 'the next pull' });
      release.shift()?.();
    }
    await Promise.all(pulls);
    expect(most).toBe(3);
  });

  it('does not begin what another controller has overtaken while it waited for its turn', async () => {
    const release: (() => void)[] = [];
    engine.pullImage = async () => {
      await new Promise<void>((resolve) => release.push(resolve));
    };
    const pulls = ['p1:1', 'p2:1', 'p3:1', 'p4:1'].map((reference) =>
      agent.run({ kind: 'pull-image', reference }),
    );
    await until(() => release.length === 3, { what: 'three pulls' });
    await agent.run({ kind: 'start-container', target: 'none' }, { epoch: 2n });
    for (const end of [...release]) end();
    const codes = (await Promise.all(pulls)).map(({ error }) => error?.code);
    expect(codes.filter((code) => code === 'StaleEpoch')).toHaveLength(1);
    expect(release).toHaveLength(3);
  });

  it('gives up at its deadline and says so', async () => {
    engine.faults.plan('createContainer', { kind: 'hang-before' });
    const body = { Image: 'skep-test/app:1', Labels: ownLabels() };
    const create = { kind: 'create-container', name: 'a', specHash: 'v1:a', body } as const;
    const outcome = agent.run(create, { deadlineMs: 5000 });
    await clock.advance(5000);
    expect((await outcome).error).toEqual({
      code: 'EngineTimeout',
      fault: 'world',
      message: 'not done within its 5 s',
    });
  });

  it('works for several units side by side', async () => {
    const Labels = ownLabels({ [LABEL.app]: 'shop/api' });
    const body = { Image: 'skep-test/app:1', Labels };
    const create = { kind: 'create-container', name: 'api', specHash: 'v1:a', body } as const;
    const outcome = await agent.run(create, { unit: 'shop/api@local' as UnitKey });
    expect(outcome.status).toBe('done');
    const remove = { kind: 'remove-container', target: 'api' } as const;
    expect((await agent.run(remove)).error?.code).toBe('NotOwned');
  });
});
