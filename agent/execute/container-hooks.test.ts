import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABEL } from '../../schemas/domain/index.ts';
import { AgentFixture, ownLabels } from '../testing/agent-fixture.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeEngine } from '../testing/fake-engine.ts';

const SEED = { argv: ['./seed'] };
const DRAIN = { argv: ['./drain', '--all'], user: 'root', env: ['A=1'] };

describe('commands of a service in its container', () => {
  let engine: FakeEngine;
  let agent: AgentFixture;

  beforeEach(async () => {
    engine = new FakeEngine();
    engine.host.addImage('skep-test/app:1');
    agent = await AgentFixture.start({ engine, clock: new DrivenClock() });
    const body = { Image: 'skep-test/app:1', Labels: ownLabels({ [LABEL.specHash]: 'v1:a' }) };
    await agent.run({ kind: 'create-container', name: 'web', body, specHash: 'v1:a' });
    engine.changes.length = 0;
  });

  afterEach(() => agent.stop());

  const start = (...hooks: readonly (typeof SEED)[]) =>
    agent.run({ kind: 'start-container', target: 'web', hooks });
  const stop = (...hooks: readonly (typeof SEED)[]) =>
    agent.run({ kind: 'stop-container', target: 'web', timeoutS: 1, hooks });
  const changes = () => engine.changes.map((change) => change.replaceAll(/[0-9a-f]{64}/g, 'ID'));

  it('run after its start and before its stop, one after the other', async () => {
    expect((await start(SEED, DRAIN)).status).toBe('done');
    expect((await stop(DRAIN)).status).toBe('done');
    expect(changes()).toEqual([
      'startContainer ID',
      'exec ID ./seed',
      'exec ID ./drain --all',
      'exec ID ./drain --all',
      'stopContainer ID',
    ]);
  });

  it('do not run again where it runs already, or has stopped', async () => {
    await start(SEED);
    expect((await start(SEED)).status).toBe('unchanged');
    await stop();
    expect((await stop(DRAIN)).status).toBe('unchanged');
    expect(changes()).toEqual(['startContainer ID', 'exec ID ./seed', 'stopContainer ID']);
  });

  it('fail the start with what the first one that fails said, and run no further', async () => {
    engine.execResult = () => ({ exitCode: 3, output: ['connecting', 'no such table'] });
    const outcome = await start(SEED, DRAIN);
    expect(outcome).toMatchObject({
      status: 'failed',
      error: {
        code: 'HookFailed',
        fault: 'spec',
        message: 'post_start ./seed in web ended with code 3: connecting\nno such table',
      },
    });
    expect(changes()).toEqual(['startContainer ID', 'exec ID ./seed']);
  });

  it('fail the start where a command is not there', async () => {
    engine.faults.plan('exec', { kind: 'before', status: 400, message: 'executable not found' });
    const { error } = await start(SEED);
    expect(error?.code).toBe('HookFailed');
    expect(error?.message).toContain('did not run to its end: executable not found');
  });

  it('keep it from no stop, whatever becomes of them', async () => {
    await start();
    engine.execResult = () => ({ exitCode: 1, output: ['busy'] });
    expect((await stop(DRAIN)).status).toBe('done');
    expect(changes().at(-1)).toBe('stopContainer ID');
  });

  it('run where the owner of the host lets commands run, and nowhere else', async () => {
    agent.policy = { ...agent.policy, allowExec: false };
    expect((await start(SEED)).error).toMatchObject({ code: 'HostPolicy', fault: 'host' });
    expect(changes()).toEqual([]);
    await start();
    expect((await stop(SEED)).status).toBe('done');
    expect(changes()).toEqual(['startContainer ID', 'stopContainer ID']);
  });

  it('have power over the host only where its owner says so', async () => {
    const mighty = { ...SEED, privileged: true };
    expect((await start(mighty)).error?.code).toBe('HostPolicy');
    agent.policy = { ...agent.policy, allowPrivileged: true };
    expect((await start(mighty)).status).toBe('done');
  });
});
