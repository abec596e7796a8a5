import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemons } from '../support/daemons.ts';
import { eventually } from '../support/eventually.ts';
import { execIn } from '../support/exec.ts';
import { type Files, Scenario } from '../support/scenario.ts';

/** Notes each SIGHUP in `/tmp/hups`. */
const LISTENING = [
  'sh',
  '-c',
  'trap "echo hup >>/tmp/hups" HUP; trap "exit 0" TERM; while :; do sleep 3600 & wait; done',
];
const VOLUMES = ['./conf:/etc/conf:ro', './one.conf:/etc/one.conf:ro'];

describe('a changed repository file', () => {
  let scene: Scenario<Daemons>;
  beforeAll(async () => {
    scene = await Scenario.daemons();
  });
  afterAll(() => scene?.destroy());

  const shop = (onChange: unknown, files: Readonly<Record<string, string | null>>): Files => ({
    ...scene.app('shop', {
      services: {
        web: { command: LISTENING, volumes: VOLUMES, 'x-skep': { onChange } },
        db: {},
      },
    }),
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`shop/${path}`, text])),
  });
  const inWeb = async (...argv: string[]) =>
    await execIn(scene.docker, (await scene.container('shop', 'web')).id, argv);
  const calls = (mark: number) =>
    scene.proxy.mutating(mark).map(({ method, path }) => `${method} ${path.split('?')[0]}`);

  it('is told to its user alone, once, and seen in the same folder', async () => {
    const first = { 'conf/a': 'one', 'conf/sub/b': 'b', 'one.conf': 'first' };
    await scene.deploy(shop({ signal: 'SIGHUP' }, first));
    const before = await scene.containers('shop');
    const { id } = await scene.container('shop', 'web');
    const inode = await inWeb('stat', '-c', '%i', '/etc/conf', '/etc/one.conf');
    const mark = scene.proxy.mark();
    const second = { 'conf/a': 'two', 'conf/sub/b': null, 'conf/c': 'c', 'one.conf': 'second!' };
    await scene.deploy(shop({ signal: 'SIGHUP' }, second));
    expect(calls(mark)).toEqual([expect.stringContaining(`/containers/${id}/kill`)]);
    expect(await scene.containers('shop')).toEqual(before);
    expect(await inWeb('sh', '-c', 'cd /etc/conf; find . -type f | sort; cat a')).toBe(
      './a\n./c\ntwo',
    );
    expect(await inWeb('cat', '/etc/one.conf')).toBe('second!');
    expect(await inWeb('stat', '-c', '%i', '/etc/conf', '/etc/one.conf')).toBe(inode);
    await eventually('the signal to be noted', async () => {
      expect(await inWeb('cat', '/tmp/hups')).toBe('hup');
      return true;
    });
  });

  it('that was told is not told again by a killed agent or controller', async () => {
    const mark = scene.proxy.mark();
    await scene.skep.agent.stop('SIGKILL');
    scene.skep.agent.start();
    await scene.skep.controller.stop('SIGKILL');
    await scene.skep.startController();
    const sha = await scene.repo.push({ 'README.md': 'unrelated' });
    await scene.applied(sha);
    expect(calls(mark)).toEqual([]);
    expect(await inWeb('cat', '/tmp/hups')).toBe('hup');
  });

  it('is applied by a command, whose failure is shown with its output', async () => {
    const check = {
      exec: ['sh', '-c', 'grep -q good /etc/one.conf || { echo bad line 1; exit 3; }'],
    };
    await scene.deploy(shop(check, { 'one.conf': 'good' }));
    const { id } = await scene.container('shop', 'web');
    const sha = await scene.repo.push(shop(check, { 'one.conf': 'evil' }));
    expect((await scene.wait(sha)).code).toBe(4);
    const status = await scene.reason('shop', 'ReloadFailed');
    expect(status.health).toBe('Degraded');
    expect(JSON.stringify(status.units)).toContain('ended with code 3: bad line 1');
    await scene.deploy(shop(check, { 'one.conf': 'good again' }));
    expect((await scene.status('shop')).health).toBe('Healthy');
    expect((await scene.container('shop', 'web')).id).toBe(id);
  });

  it('gets no command where the owner of the host forbids it', async () => {
    await scene.skep.writePolicy('allowExec: false\n');
    const check = {
      exec: ['sh', '-c', 'grep -q good /etc/one.conf || { echo bad line 1; exit 3; }'],
    };
    await scene.repo.push(shop(check, { 'one.conf': 'good forbidden' }));
    await scene.reason('shop', 'HostPolicy');
    await scene.skep.writePolicy('allowExec: true\n');
    await scene.deploy(shop(check, { 'one.conf': 'good allowed' }));
  });

  it('restarts its user, or makes it anew with a folder of the new content', async () => {
    await scene.deploy(shop('restart', {}));
    const before = await scene.container('shop', 'web');
    await scene.deploy(shop('restart', { 'conf/a': 'three' }));
    const restarted = await scene.container('shop', 'web');
    expect(restarted.id).toBe(before.id);
    expect(restarted.startedAt).not.toBe(before.startedAt);
    expect(await inWeb('cat', '/etc/conf/a')).toBe('three');
    await scene.deploy(shop('recreate', {}));
    const db = await scene.container('shop', 'db');
    const { id } = await scene.container('shop', 'web');
    await scene.deploy(shop('recreate', { 'conf/a': 'four' }));
    expect((await scene.container('shop', 'web')).id).not.toBe(id);
    expect(await inWeb('cat', '/etc/conf/a')).toBe('four');
    expect(await scene.container('shop', 'db')).toEqual(db);
  });
});
