import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerRequest } from '../../engine/container-body.ts';
import { containerHooks } from '../../engine/hooks.ts';
import { systemClock } from '../../kit/clock.ts';
import type { ComposeModel, ComposeService } from '../../schemas/domain/index.ts';
import { engineRequest, IDLE, makeImages, testEngine } from '../../test/support/images.ts';
import { createDockerodeEngine } from '../docker/dockerode-engine.ts';
import { AgentFixture, ownLabels } from '../testing/agent-fixture.ts';

const IMAGE = 'skep-test/app:1';
const WEB: ComposeService = {
  image: IMAGE,
  command: IDLE,
  network_mode: 'none',
  post_start: [
    {
      command: ['sh', '-c', 'echo $WHO $(id -u) $(pwd) > /tmp/seeded'],
      user: '33',
      working_dir: '/tmp',
      environment: { WHO: 'skep' },
    },
  ],
  pre_stop: [{ command: ['sh', '-c', 'cp /tmp/seeded /tmp/drained'] }],
};
const NAME = `skep-hooks-${process.pid}`;
const MODEL: ComposeModel = {
  name: NAME,
  services: { web: { ...WEB, container_name: NAME } },
  networks: {},
  volumes: {},
  configs: {},
  secrets: {},
};

describe('hooks of a container on a real engine', () => {
  let agent: AgentFixture;

  beforeAll(async () => {
    await makeImages();
    agent = await AgentFixture.start({
      engine: createDockerodeEngine(testEngine()),
      clock: systemClock,
    });
    const request = { model: MODEL, service: 'web', number: 1, files: new Map(), image: IMAGE };
    const { name, body } = containerRequest(request);
    const labels = { Labels: { ...(body['Labels'] as object), ...ownLabels() } };
    await agent.create(name, { ...body, ...labels });
  });

  afterAll(async () => {
    await agent.stop();
    await engineRequest(testEngine(), 'DELETE', `/containers/${NAME}?force=1`);
  });

  const shell = async (command: string): Promise<string> => {
    const body = { Cmd: ['sh', '-c', command], AttachStdout: true, Tty: true };
    const made = await engineRequest(testEngine(), 'POST', `/containers/${NAME}/exec`, body);
    const { Id } = JSON.parse(made.body) as { Id: string };
    const start = { Detach: false, Tty: true };
    return (await engineRequest(testEngine(), 'POST', `/exec/${Id}/start`, start)).body.trim();
  };

  it('run after its start, with their own user, folder and variables', async () => {
    const hooks = containerHooks(WEB.post_start);
    const started = await agent.run({ kind: 'start-container', target: NAME, hooks });
    expect(started).toMatchObject({ status: 'done' });
    expect(await shell('cat /tmp/seeded')).toBe('skep 33 /tmp');
  });

  it('run before its stop', async () => {
    const hooks = containerHooks(WEB.pre_stop);
    const stop = { kind: 'stop-container', target: NAME, timeoutS: 1, hooks } as const;
    expect(await agent.run(stop)).toMatchObject({ status: 'done' });
    await agent.run({ kind: 'start-container', target: NAME });
    expect(await shell('cat /tmp/drained')).toBe('skep 33 /tmp');
    await agent.run({ kind: 'stop-container', target: NAME, timeoutS: 1 });
  });

  it('fail its start with what they said', async () => {
    const hooks = [{ argv: ['sh', '-c', 'echo no such table >&2; exit 3'] }];
    const { error } = await agent.run({ kind: 'start-container', target: NAME, hooks });
    expect(error?.code).toBe('HookFailed');
    expect(error?.message).toContain('ended with code 3: no such table');
    await agent.run({ kind: 'stop-container', target: NAME, timeoutS: 1 });
    const none = [{ argv: ['/no/such/program'] }];
    const absent = await agent.run({ kind: 'start-container', target: NAME, hooks: none });
    expect(absent.error?.code).toBe('HookFailed');
  });
});
