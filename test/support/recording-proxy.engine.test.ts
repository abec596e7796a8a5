import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Docker from 'dockerode';
import { afterEach, expect, it } from 'vitest';
import { on } from './engine-fault.ts';
import { temporaryDirectory } from './git.ts';
import { makeImages, testEngine } from './images.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { until } from './until.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup().catch(() => undefined);
});

async function aProxy(): Promise<{ proxy: RecordingProxy; docker: Docker; name: string }> {
  await makeImages();
  const directory = await temporaryDirectory();
  cleanups.push(() => directory.remove());
  const socketPath = join(directory.path, 'engine.sock');
  const proxy = await RecordingProxy.start({ engine: testEngine(), socketPath });
  cleanups.push(() => proxy.stop());
  const name = `skep-proxy-${randomBytes(4).toString('hex')}`;
  const direct = new Docker({ socketPath: testEngine().slice('unix://'.length) });
  cleanups.push(() => direct.getContainer(name).remove({ force: true }));
  return { proxy, docker: new Docker({ socketPath }), name };
}

const echo = (name: string) => ({
  name,
  Image: 'skep-test/app:1',
  Cmd: ['sh', '-c', 'read line; echo "heard $line"'],
  OpenStdin: true,
  StdinOnce: true,
  Tty: true,
});

it('carries the whole life of a container: create, attach, events, logs, remove', async () => {
  const { proxy, docker, name } = await aProxy();
  const events: string[] = [];
  const stream = await docker.getEvents({ filters: { container: [name] } });
  stream.on('data', (chunk: Buffer) => events.push(chunk.toString('utf8')));
  const container = await docker.createContainer(echo(name));
  const attached = await container.attach({
    stream: true,
    hijack: true,
    stdin: true,
    stdout: true,
  });
  await container.start();
  attached.write('hello\n');
  expect(await text(attached)).toContain('heard hello');
  await container.wait();
  expect((await container.logs({ stdout: true })).toString('utf8')).toContain('heard hello');
  await container.remove();
  await until(() => events.join('').includes('"destroy"'), { what: 'the last event' });
  const seen = proxy.mutating().map(({ method, path, status }) => [method, path, status]);
  expect(seen).toEqual([
    ['POST', '/containers/create', 201],
    ['POST', `/containers/${container.id}/start`, 204],
    ['DELETE', `/containers/${container.id}`, 204],
  ]);
});

it('leaves the container behind when a create fails after it was done', async () => {
  const { proxy, docker, name } = await aProxy();
  const fault = { kind: 'status', when: 'after', status: 500 } as const;
  proxy.inject({ matches: on('POST', '/containers/create'), fault });
  await expect(docker.createContainer(echo(name))).rejects.toMatchObject({ statusCode: 500 });
  expect((await docker.getContainer(name).inspect()).Name).toBe(`/${name}`);
});
