import { describe, expect, it } from 'vitest';
import { describeEngineContract } from './engine-contract.ts';
import { FakeEngine } from './fake-engine.ts';

describe('a fake engine', () => {
  describeEngineContract(async () => {
    const engine = new FakeEngine();
    engine.host.addImage('skep-test/app:1');
    engine.host.addImage('skep-test/broken:1', { startError: 'exec: "/none": not found' });
    const unstartable = { Image: 'skep-test/broken:1' };
    return { engine, image: 'skep-test/app:1', unstartable, prefix: 'c', cleanUp: async () => {} };
  });

  const signal = new AbortController().signal;

  function withImage(): FakeEngine {
    const engine = new FakeEngine();
    engine.host.addImage('a:1');
    return engine;
  }

  it('fails before doing it', async () => {
    const engine = withImage();
    engine.faults.plan('createContainer', { kind: 'before', status: 500 });
    await expect(engine.createContainer('x', { Image: 'a:1' }, signal)).rejects.toThrow(
      'server error',
    );
    expect(engine.host.container('x')).toBeUndefined();
  });

  it('fails after doing it', async () => {
    const engine = withImage();
    engine.faults.plan('createContainer', { kind: 'after' });
    const error = await engine.createContainer('x', { Image: 'a:1' }, signal).catch((e) => e);
    expect(error).toMatchObject({ code: 'EngineError', uncertain: true });
    expect(engine.host.container('x')).toBeDefined();
  });

  it('hangs until it is given up', async () => {
    const engine = withImage();
    engine.faults.plan('createContainer', { kind: 'hang-after' });
    const patience = new AbortController();
    const call = engine.createContainer('x', { Image: 'a:1' }, patience.signal);
    await expect.poll(() => engine.host.container('x')).toBeDefined();
    patience.abort();
    await expect(call).rejects.toThrow('given up');
  });

  it('names the same things alike in every run', async () => {
    const run = async () => {
      const engine = withImage();
      return await engine.createContainer('x', { Image: 'a:1' }, signal);
    };
    expect(await run()).toBe(await run());
  });

  it('ends its streams and answers nobody while it is down', async () => {
    const engine = withImage();
    const stream = engine.events({ opened: () => engine.goDown(), event: () => {} }, signal);
    await stream;
    await expect(engine.connect(signal)).rejects.toMatchObject({ code: 'EngineUnreachable' });
    engine.comeUp();
    await engine.connect(signal);
  });

  it('leaves a container that ends at once in a crash loop where its policy says so', async () => {
    const engine = new FakeEngine();
    engine.host.addImage('bad:1', { exits: 1 });
    const HostConfig = { RestartPolicy: { Name: 'always' } };
    const id = await engine.createContainer('x', { Image: 'bad:1', HostConfig }, signal);
    await engine.startContainer(id, signal);
    expect(engine.host.container('x')).toMatchObject({ state: 'restarting', exitCode: 1 });
  });
});
