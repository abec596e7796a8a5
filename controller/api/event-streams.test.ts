import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SkepEvent } from '../../schemas/domain/index.ts';
import { toAppId } from '../../schemas/domain/index.ts';
import { type ApiFixture, AT, aDesiredState, startApiFixture } from '../testing/api-fixture.ts';
import { EventStreams } from './event-streams.ts';

let api: ApiFixture;
let readers: Reader[] = [];
beforeEach(async () => {
  api = await startApiFixture();
});
afterEach(async () => {
  for (const reader of readers) reader.close();
  readers = [];
  await api.stop();
});

interface Message {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** A reader of one stream; `next` waits for the next message. */
class Reader {
  readonly response: IncomingMessage;
  #text = '';
  #waiting: (() => void) | undefined;
  ended = false;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#waiting?.();
    });
    response.on('close', () => {
      this.ended = true;
      this.#waiting?.();
    });
    response.on('error', () => {});
  }

  async next(): Promise<Message | 'end'> {
    for (;;) {
      const message = this.#take();
      if (message) return message;
      if (this.ended) return 'end';
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  #take(): Message | undefined {
    for (let at = this.#text.indexOf('\n\n'); at >= 0; at = this.#text.indexOf('\n\n')) {
      const block = this.#text.slice(0, at);
      this.#text = this.#text.slice(at + 2);
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (field('event') !== '') {
        return { id: field('id'), type: field('event'), data: field('data') };
      }
    }
    return undefined;
  }

  close(): void {
    this.response.destroy();
  }
}

async function open(
  person: string,
  options: { lastEventId?: string; query?: string } = {},
): Promise<Reader> {
  const url = `${api.url}/api/v1/events${options.query ?? ''}`;
  const request = httpRequest(url, {
    agent: false,
    headers: {
      Accept: 'text/event-stream',
      Authorization: `Bearer ${api.tokenOf(person)}`,
      ...(options.lastEventId !== undefined && { 'Last-Event-ID': options.lastEventId }),
    },
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const reader = new Reader(response);
  readers.push(reader);
  return reader;
}

const SHOP = toAppId('shop', 'web');
const BANK = toAppId('bank', 'ledger');
const add = (message: string, app = SHOP): Promise<SkepEvent> =>
  api.store.addEvent({ at: AT, type: 'unit', app, message });
const messageOf = (message: Message | 'end'): string =>
  message === 'end' ? 'end' : ((JSON.parse(message.data) as SkepEvent).message ?? message.type);

describe('a stream', () => {
  test('gives what happens from now on, numbered and typed', async () => {
    await add('before');
    const reader = await open('root');
    expect(reader.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const event = await add('after');
    expect(await reader.next()).toEqual({
      id: String(event.id),
      type: 'unit',
      data: JSON.stringify(event),
    });
  });

  test('goes on after the last number, without a gap or a double, while more comes in', async () => {
    const first = await add('0');
    for (let n = 1; n <= 450; n += 1) await add(String(n));
    const opening = open('root', { lastEventId: String(first.id) });
    for (let n = 451; n <= 900; n += 1) await add(String(n));
    const reader = await opening;
    for (let n = 1; n <= 900; n += 1) expect(messageOf(await reader.next())).toBe(String(n));
  });

  test.each(['-1', '999999999', '1e3', 'x', '99999999999999999999', ' '])(
    'that is to go on after %j says that the lists are to be read afresh',
    async (lastEventId) => {
      await add('before');
      const reader = await open('root', { lastEventId });
      if (lastEventId !== ' ') {
        expect(await reader.next()).toMatchObject({ id: '1', type: 'resync' });
      }
      await add('after');
      expect(messageOf(await reader.next())).toBe('after');
    },
  );

  test('shows only what its reader may read, and no number of anything else', async () => {
    const first = await add('0');
    await add('bank', BANK);
    await add('shop');
    const reader = await open('shopper', { lastEventId: String(first.id) });
    expect(messageOf(await reader.next())).toBe('shop');
    await add('bank again', BANK);
    await add('shop again');
    expect(messageOf(await reader.next())).toBe('shop again');
  });

  test('is filtered by app, host and type', async () => {
    const reader = await open('root', { query: '?app=bank/ledger' });
    await add('shop');
    await add('bank', BANK);
    expect(messageOf(await reader.next())).toBe('bank');
  });
});

describe('a stream ends', () => {
  const expectEnd = async (reader: Reader) => {
    expect(await reader.next()).toMatchObject({ type: 'resync' });
    expect(await reader.next()).toBe('end');
  };

  test.each([
    ['the role is gone', () => aDesiredState({ roles: new Map() })],
    ['the user is gone', () => aDesiredState({ users: new Map() })],
  ])('within 5 s when %s', async (_, change) => {
    const reader = await open('root');
    api.setDesired(change());
    await api.clock.advance(5_000);
    await expectEnd(reader);
  });

  test('when its token runs out', async () => {
    const reader = await open('root');
    await api.clock.advance(15 * 60_000 + 5_000);
    await expectEnd(reader);
  });

  test('when its reader does not read: 256 KB are kept for it, not more', async () => {
    let publish: (event: SkepEvent) => void = () => {};
    const subscribe = (listener: (event: SkepEvent) => void) => {
      publish = listener;
      return () => {};
    };
    const streams = new EventStreams({ ...api.deps, subscribe });
    let held: ServerResponse | undefined;
    const server = createServer((_, response) => {
      held = response;
      const read = { lastEventId: undefined, accept: () => true, isValid: () => true };
      void streams.open({ user: 'u', response, ...read });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    const message = 'x'.repeat(16 * 1024);
    for (let id = 1; id <= 4_096 && streams.size > 0; id += 1) {
      publish({ id, at: AT, type: 'unit', message });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(streams.size).toBe(0);
    expect(held?.writableLength).toBeLessThan(256 * 1024 + 20 * 1024);
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    await expect.poll(() => text).toContain('event: resync\ndata: {"reason":"too slow"}');
    socket.destroy();
    server.close();
  });
});

describe('the number of streams', () => {
  test('of one user is 10; others still get theirs', async () => {
    for (let n = 0; n < 10; n += 1) await open('root');
    const eleventh = await open('root');
    expect(eleventh.response.statusCode).toBe(429);
    expect(eleventh.response.headers['retry-after']).toBe('5');
    expect((await open('reader')).response.statusCode).toBe(200);
  });

  test('goes down again when readers leave', async () => {
    for (let n = 0; n < 10; n += 1) await open('root');
    const [first] = readers;
    first?.close();
    await expect.poll(async () => (await open('root')).response.statusCode).toBe(200);
  });
});
