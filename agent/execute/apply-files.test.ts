import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FilesAction, LABEL, sha256 } from '../../schemas/domain/index.ts';
import { AgentFixture, ownLabels } from '../testing/agent-fixture.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { MemoryJournalFile } from '../testing/memory-stores.ts';

const ONE = { '/etc/a': '1' };
const TWO = { '/etc/a': '2' };
const HUP: FilesAction = { kind: 'signal', signal: 'SIGHUP' };
const RELOAD: FilesAction = { kind: 'exec', argv: ['nginx', '-s', 'reload'] };

describe('a container whose files change in place', () => {
  let engine: FakeEngine;
  let journalFile: MemoryJournalFile;
  let agent: AgentFixture;

  const start = () => AgentFixture.start({ engine, clock: new DrivenClock(), journalFile });

  beforeEach(async () => {
    engine = new FakeEngine();
    engine.host.addImage('skep-test/app:1');
    journalFile = new MemoryJournalFile();
    agent = await start();
    const body = { Image: 'skep-test/app:1', Labels: ownLabels({ [LABEL.specHash]: 'v1:a' }) };
    await agent.run({ kind: 'create-container', name: 'web', body, specHash: 'v1:a', files: ONE });
    await agent.run({ kind: 'start-container', target: 'web' });
    engine.changes.length = 0;
  });

  afterEach(() => agent.stop());

  let asked = 0;
  /** Under an id of its own, as every attempt of a controller. */
  const apply = (action: FilesAction, files = TWO) => {
    asked += 1;
    const fields = { kind: 'apply-files', target: 'web', files, action } as const;
    return agent.run(fields, { operationId: `apply-${asked}` });
  };
  const seen = () => agent.deltas.flatMap(({ containers }) => containers).at(-1)?.files;
  const changes = () => engine.changes.map((change) => change.replaceAll(/[0-9a-f]{64}/g, 'ID'));

  it('is known to have what it was created with', () => {
    expect(seen()).toEqual({ record: ONE, error: '' });
  });

  it('is told once of a content, also after the agent was restarted', async () => {
    expect((await apply(HUP)).status).toBe('done');
    expect((await apply(HUP)).status).toBe('unchanged');
    await agent.stop();
    agent = await start();
    expect((await apply(HUP)).status).toBe('unchanged');
    expect(changes()).toEqual(['killContainer ID SIGHUP']);
    expect((await apply(HUP, ONE)).status).toBe('done');
  });

  it('shows what it was told before the outcome says so', async () => {
    agent.said.length = 0;
    await apply(RELOAD);
    expect(agent.said).toEqual(['delta', 'done']);
    expect(seen()).toEqual({ record: TWO, error: '' });
    expect(changes()).toEqual(['exec ID nginx -s reload']);
  });

  it('is restarted by a stop and a start', async () => {
    expect((await apply({ kind: 'restart', timeoutS: 3 })).status).toBe('done');
    expect(changes()).toEqual(['stopContainer ID', 'startContainer ID']);
  });

  it('is only noted where nothing is to be done, or it does not run', async () => {
    expect((await apply({ kind: 'none' })).status).toBe('done');
    await agent.run({ kind: 'stop-container', target: 'web', timeoutS: 1 });
    expect((await apply(HUP, ONE)).status).toBe('done');
    expect(changes()).toEqual(['stopContainer ID']);
    expect(seen()).toEqual({ record: ONE, error: '' });
  });

  it('fails with the output of its command, and is not told the same again', async () => {
    engine.execResult = () => ({ exitCode: 1, output: ['nginx: [emerg] unknown directive "x"'] });
    const outcome = await apply(RELOAD);
    const message =
      'nginx -s reload in web ended with code 1: nginx: [emerg] unknown directive "x"';
    expect(outcome.error).toEqual({ code: 'ReloadFailed', fault: 'world', message });
    expect(seen()).toEqual({ record: TWO, error: message });
    expect((await apply(RELOAD)).status).toBe('unchanged');
    expect(changes()).toHaveLength(1);
    engine.execResult = () => ({ exitCode: 0, output: [] });
    expect((await apply(RELOAD, ONE)).status).toBe('done');
    expect(seen()).toEqual({ record: ONE, error: '' });
  });

  it('fails for good where the command is not there, and for a while where the engine is not', async () => {
    engine.faults.plan('exec', { kind: 'before', status: 400, message: 'executable not found' });
    expect((await apply(RELOAD)).error).toMatchObject({
      code: 'ReloadFailed',
      message: 'nginx -s reload in web: executable not found',
    });
    engine.faults.plan('exec', { kind: 'before' });
    expect((await apply(RELOAD, ONE)).error?.code).toBe('EngineError');
    expect((await apply(RELOAD, ONE)).status).toBe('done');
  });

  it('gets no command where the owner of the host forbids them', async () => {
    agent.policy = { ...agent.policy, allowExec: false };
    expect((await apply(RELOAD)).error).toMatchObject({ code: 'HostPolicy', fault: 'host' });
    expect(seen()).toEqual({ record: ONE, error: '' });
    expect((await apply(HUP)).status).toBe('done');
  });

  it('gets no signal that ends it, whatever the controller says', async () => {
    expect((await apply({ kind: 'signal', signal: 'SIGKILL' })).error?.code).toBe('InvalidSpec');
    expect(changes()).toEqual([]);
  });

  it('is forgotten with the container', async () => {
    await agent.run({ kind: 'stop-container', target: 'web', timeoutS: 1 });
    await agent.run({ kind: 'remove-container', target: 'web' });
    await agent.stop();
    agent = await start();
    expect(journalFile.text).not.toContain('/etc/a');
  });
});

describe('a tree that is to be put', () => {
  it.each(['../a', '/a', 'a//b', 'a/../b', '', 'a/.', 'a\0b'])('names no path %j', async (path) => {
    const agent = await AgentFixture.start({ engine: new FakeEngine(), clock: new DrivenClock() });
    const entries = [{ path, sha256: sha256(''), mode: 0o644, uid: 0, gid: 0 }];
    const source = `skep-tree:${'a'.repeat(64)}`;
    const outcome = await agent.run({ kind: 'put-tree', source, folder: true, entries });
    expect(outcome.error).toMatchObject({ code: 'InvalidSpec', fault: 'host' });
    await agent.stop();
  });

  it('is one that a body can mount', async () => {
    const agent = await AgentFixture.start({ engine: new FakeEngine(), clock: new DrivenClock() });
    const entries = [{ path: 'a', sha256: sha256(''), mode: 0o644, uid: 0, gid: 0 }];
    const fields = { kind: 'put-tree', source: '/etc', folder: true, entries } as const;
    expect((await agent.run(fields)).error?.code).toBe('InvalidSpec');
    await agent.stop();
  });
});
