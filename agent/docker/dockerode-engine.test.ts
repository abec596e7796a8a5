import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../kit/clock.ts';
import type { DockerEngine, EngineEvent } from '../core/docker-engine.ts';
import { createDockerodeEngine } from './dockerode-engine.ts';
import { ENGINE_TIMEOUTS, timedEngine } from './timed-engine.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** An engine that answers as a test says: also in ways in which a sound one does not. */
describe('an engine behind dockerode', () => {
  let folder: string;
  let server: Server;
  let answer: Answer;
  let engine: DockerEngine;
  const asked: string[] = [];
  const signal = new AbortController().signal;
  const json =
    (status: number, value: unknown): Answer =>
    (_request, response) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-engine-'));
    asked.length = 0;
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => answer(request, response, body));
    });
    const path = join(folder, 'docker.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const timeouts = {
      ...ENGINE_TIMEOUTS,
      readMs: 300,
      changeMs: 300,
      startMs: 300,
      pullIdleMs: 300,
    };
    engine = timedEngine(createDockerodeEngine(`unix://${path}`), systemClock, timeouts);
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  describe('agrees on a version', () => {
    const versions =
      (ApiVersion: string, MinAPIVersion = '1.24'): Answer =>
      (request, response) => {
        const value = request.url?.startsWith('/version')
          ? { Version: '28', ApiVersion, MinAPIVersion, Os: 'linux', Arch: 'amd64' }
          : { NCPU: 2, MemTotal: 1024 };
        json(200, value)(request, response, '');
      };

    it.each([
      ['1.41', '1.24', '1.41'],
      ['1.45', '1.24', '1.45'],
      ['1.99', '1.44', '1.51'],
    ])('up to %s and from %s: %s', async (newest, oldest, agreed) => {
      answer = versions(newest, oldest);
      expect(await engine.connect(signal)).toEqual({
        version: '28',
        apiVersion: agreed,
        os: 'linux',
        architecture: 'amd64',
        cpus: 2,
        memoryBytes: 1024,
        discarded: [],
      });
      expect(engine.apiVersion()).toBe(agreed);
      expect(asked.at(-1)).toBe(`GET /v${agreed}/info`);
    });

    it.each([
      ['1.40', '1.12', 'at least 1.41'],
      ['1.60', '1.52', '1.51 is the newest'],
    ])('and says why it cannot with %s from %s', async (newest, oldest, words) => {
      answer = versions(newest, oldest);
      await expect(engine.connect(signal)).rejects.toMatchObject({
        fault: 'host',
        message: expect.stringContaining(words),
      });
    });
  });

  it('keeps bodies out of the URL and names inside their place', async () => {
    let sent = '';
    answer = (request, response, body) => {
      sent = body;
      json(201, { Id: 'abc' })(request, response, body);
    };
    const body = { Image: 'a', Env: ['PASSWORD=s3cret'] };
    expect(await engine.createContainer('web', body, signal)).toBe('abc');
    expect(asked).toEqual(['POST /v1.41/containers/create?name=web']);
    expect(JSON.parse(sent)).toEqual(body);
    answer = json(404, { message: 'no' });
    await engine.inspectContainer('../../swarm?x=1', signal);
    await engine.inspectImage('registry.example:5000/a/b:1@sha256:abc', signal);
    expect(asked.slice(1)).toEqual([
      'GET /v1.41/containers/..%2F..%2Fswarm%3Fx%3D1/json',
      'GET /v1.41/images/registry.example:5000/a/b:1@sha256:abc/json',
    ]);
    for (const odd of ['a/../../containers/b', 'a?x', '../a', '']) {
      await expect(engine.inspectImage(odd, signal)).rejects.toMatchObject({ code: 'InvalidSpec' });
    }
  });

  const ways: readonly (readonly [string, Answer, object])[] = [
    ['a status of its own', json(500, { message: 'oops' }), { status: 500, message: 'oops' }],
    ['a status without words', json(503, {}), { status: 503 }],
    [
      'half an answer',
      (_request, response) => {
        response.writeHead(201, { 'Content-Length': '100' }).write('{"Id":');
        setImmediate(() => response.destroy());
      },
      { status: undefined },
    ],
    [
      'no JSON',
      (_request, response) => response.writeHead(201).end('<html>'),
      { code: 'EngineError' },
    ],
    ['an end', (request) => request.socket.destroy(), { status: undefined, code: 'EngineError' }],
    ['nothing at all', () => {}, { code: 'EngineTimeout', status: undefined }],
    [
      'a head and then nothing',
      (_request, response) => {
        response.writeHead(201).flushHeaders();
      },
      { code: 'EngineTimeout' },
    ],
  ];

  it.each(ways)('that answers with %s fails as such', async (_what, way, expected) => {
    answer = way;
    const error = await engine.createContainer('a', {}, signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ fault: 'world', ...expected });
    answer = json(201, { Id: 'abc' });
    expect(await engine.createContainer('a', {}, signal)).toBe('abc');
  });

  it('that is not there is unreachable', async () => {
    const nobody = createDockerodeEngine(`unix://${folder}/none.sock`);
    await expect(nobody.connect(signal)).rejects.toMatchObject({
      code: 'EngineUnreachable',
      fault: 'world',
    });
  });

  it('gives up when it is told to', async () => {
    answer = () => {};
    const patience = new AbortController();
    const call = engine.listContainers(patience.signal);
    patience.abort();
    await expect(call).rejects.toThrow('given up');
  });

  describe('pulls', () => {
    const stream =
      (...lines: object[]): Answer =>
      (_request, response) => {
        for (const line of lines) response.write(`${JSON.stringify(line)}\r\n`);
        response.end();
      };

    it('to the end of the stream, telling what is said', async () => {
      answer = stream({ status: 'Pulling', id: 'a' }, { status: 'Done' });
      const texts: string[] = [];
      await engine.pullImage(
        'registry.example:5000/a',
        undefined,
        ({ text }) => texts.push(text),
        signal,
      );
      expect(texts).toEqual(['a Pulling', 'Done']);
      expect(asked).toEqual([
        `POST /v1.41/images/create?fromImage=${encodeURIComponent('registry.example:5000/a:latest')}`,
      ]);
    });

    it('adding up the bytes of its layers', async () => {
      const downloading = (id: string, current: number, total: number) => ({
        id,
        status: 'Downloading',
        progressDetail: { current, total },
      });
      answer = stream(
        { status: 'Already exists', id: 'kept' },
        downloading('a', 10, 100),
        downloading('b', 5, 50),
        { status: 'Download complete', id: 'a' },
        { id: 'b', status: 'Downloading', progressDetail: { current: 'x' } },
        { status: 'Extracting', id: 'a', progressDetail: { current: 1, total: 100 } },
        downloading('b', 60, 50),
      );
      const bytes: string[] = [];
      await engine.pullImage(
        'a:1',
        undefined,
        ({ doneBytes, totalBytes }) => bytes.push(`${doneBytes}/${totalBytes}`),
        signal,
      );
      expect(bytes).toEqual([
        '0/0',
        '10/100',
        '15/150',
        '105/150',
        '105/150',
        '105/150',
        '150/150',
      ]);
    });

    it('logs in with what is given, in a header alone', async () => {
      const login = new TextEncoder().encode('{"username":"a","password":"canary>>"}');
      const seen: unknown[] = [];
      answer = (request, response) => {
        seen.push(request.headers['x-registry-auth'], request.url);
        response.end();
      };
      await engine.pullImage('a:1', login, () => {}, signal);
      expect(seen).toEqual([
        `${Buffer.from(login).toString('base64url')}=`,
        '/v1.41/images/create?fromImage=a%3A1',
      ]);
    });

    it.each([
      ['manifest for a:1 not found: manifest unknown: manifest unknown', 'ImageNotFound'],
      [
        'pull access denied for a, repository does not exist or may require authorization',
        'PullDenied',
      ],
      ['no matching manifest for linux/arm64/v8 in the manifest list entries', 'PlatformMismatch'],
      ['unexpected EOF', 'PullFailed'],
    ])('%j in the stream is %s', async (error, code) => {
      answer = stream({ status: 'Pulling' }, { error, errorDetail: { message: error } });
      const failed = await engine
        .pullImage('a:1', undefined, () => {}, signal)
        .catch((thrown) => thrown);
      expect(failed).toMatchObject({ code, fault: 'world', message: error });
    });

    it('fail where the stream stops in the middle, or falls silent', async () => {
      answer = (_request, response) => {
        response.write('{"status":"Pulling"}\n{"sta');
        setImmediate(() => response.destroy());
      };
      await expect(engine.pullImage('a:1', undefined, () => {}, signal)).rejects.toMatchObject({
        fault: 'world',
      });
      answer = (_request, response) => {
        response.write('{"status":"Pulling"}\n');
      };
      await expect(engine.pullImage('a:1', undefined, () => {}, signal)).rejects.toMatchObject({
        code: 'EngineTimeout',
      });
    });
  });

  describe('streams events', () => {
    const line = (action: string, type = 'container') =>
      `${JSON.stringify({ Type: type, Action: action, Actor: { ID: 'x', Attributes: { a: 'b' } } })}\n`;

    async function listen(way: Answer) {
      answer = way;
      const events: EngineEvent[] = [];
      let opened = 0;
      const listener = {
        opened: () => {
          opened += 1;
        },
        event: (event: EngineEvent) => events.push(event),
      };
      const end = await engine.events(listener, signal).catch((error: unknown) => error);
      return { events, opened, end };
    }

    it('whole, in whatever pieces they come, and only those it watches', async () => {
      const text = `${line('start')}${line('exec_start: x')}${line('health_status: healthy')}${line('exec_create')}${line('tag', 'image')}`;
      const { events, opened } = await listen((_request, response) => {
        response.write(text.slice(0, 30));
        setImmediate(() => response.end(text.slice(30)));
      });
      expect(opened).toBe(1);
      expect(events.map(({ kind, action }) => `${kind} ${action}`)).toEqual([
        'container start',
        'container health_status: healthy',
        'image tag',
      ]);
      expect(asked[0]).toContain('health_status');
      expect(asked[0]).not.toContain('exec');
    });

    it('and fails where they break off or are no JSON', async () => {
      const torn = await listen((_request, response) => {
        response.write(line('start').slice(0, 20));
        setImmediate(() => response.destroy());
      });
      expect(torn.end).toMatchObject({ fault: 'world' });
      const odd = await listen((_request, response) => response.end('<html>\n'));
      expect(odd.end).toMatchObject({ fault: 'world' });
    });

    it('and does not take a line without end', async () => {
      const { end } = await listen((_request, response) => {
        const piece = 'x'.repeat(100_000);
        const write = () => {
          while (!response.destroyed && response.write(piece));
        };
        response.on('drain', write);
        write();
      });
      expect(end).toMatchObject({ fault: 'world', message: expect.stringContaining('1 MiB') });
    });
  });

  describe('reads logs', () => {
    const frame = (text: string, stream = 1) => {
      const head = Buffer.alloc(8);
      head.writeUInt8(stream, 0);
      head.writeUInt32BE(Buffer.byteLength(text), 4);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const logs =
      (tty: boolean, bytes: Buffer): Answer =>
      (request, response) => {
        if (request.url?.includes('/json'))
          return json(200, { Config: { Tty: tty } })(request, response, '');
        return response.end(bytes);
      };

    it('of both streams, oldest first', async () => {
      answer = logs(false, Buffer.concat([frame('one\ntwo\n'), frame('thr', 2), frame('ee\n', 2)]));
      expect(await engine.tailLogs('a', 10, signal)).toEqual(['one', 'two', 'three']);
      expect(asked.at(-1)).toContain('tail=10');
    });

    it('of a terminal as they are', async () => {
      answer = logs(true, Buffer.from('one\r\ntwo\r\n'));
      expect(await engine.tailLogs('a', 1, signal)).toEqual(['two']);
    });

    it('within bounds', async () => {
      answer = logs(false, frame(`${'x'.repeat(10_000)}\n`));
      expect((await engine.tailLogs('a', 1, signal))[0]).toHaveLength(4096);
    });

    it('of nobody as none', async () => {
      answer = json(404, { message: 'No such container' });
      expect(await engine.tailLogs('a', 10, signal)).toEqual([]);
    });
  });

  describe('runs a command', () => {
    it('to its end, with the end of its output', async () => {
      const head = Buffer.from([2, 0, 0, 0, 0, 0, 0, 5]);
      const bodies: string[] = [];
      let looks = 0;
      answer = (request, response, body) => {
        bodies.push(body);
        if (request.url?.endsWith('/containers/a%20b/exec')) {
          return json(201, { Id: 'e1' })(request, response, body);
        }
        if (request.url?.endsWith('/start')) {
          return response.end(Buffer.concat([head, Buffer.from('bad\n\n')]));
        }
        looks += 1;
        const ended = looks > 1 ? { Running: false, ExitCode: 3 } : { Running: true };
        return json(200, ended)(request, response, body);
      };
      const command = { argv: ['nginx', '-t'], user: 'www', env: ['A=b'], workingDir: '/srv' };
      const result = await engine.exec('a b', command, signal);
      expect(result).toEqual({ exitCode: 3, output: ['bad', ''] });
      expect(JSON.parse(bodies[0] ?? '')).toEqual({
        Cmd: ['nginx', '-t'],
        AttachStdout: true,
        AttachStderr: true,
        User: 'www',
        WorkingDir: '/srv',
        Env: ['A=b'],
      });
      expect(looks).toBe(2);
    });

    it('not for ever', async () => {
      const timeouts = { ...ENGINE_TIMEOUTS, execMs: 200 };
      const path = join(folder, 'docker.sock');
      const hurried = timedEngine(createDockerodeEngine(`unix://${path}`), systemClock, timeouts);
      answer = (request, response, body) =>
        request.url?.endsWith('/start')
          ? response.write('x')
          : json(201, { Id: 'e1' })(request, response, body);
      await expect(hurried.exec('a', { argv: ['x'] }, signal)).rejects.toMatchObject({
        code: 'EngineTimeout',
      });
    });

    it('and sends signals', async () => {
      answer = (_request, response) => response.writeHead(204).end();
      await engine.killContainer('a', 'SIGHUP', signal);
      expect(asked.at(-1)).toContain('/containers/a/kill?signal=SIGHUP');
    });
  });
});
