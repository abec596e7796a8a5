import { describe, expect, it } from 'vitest';
import { parseEvents, type ServerEvent } from './sse.ts';

async function parse(...chunks: readonly string[]): Promise<ServerEvent[]> {
  const bytes = async function* () {
    for (const chunk of chunks) yield new TextEncoder().encode(chunk);
  };
  const events: ServerEvent[] = [];
  for await (const event of parseEvents(bytes())) events.push(event);
  return events;
}

describe('an event stream', () => {
  it('gives events with id, type and data', async () => {
    expect(await parse('id: 7\nevent: unit\ndata: {"a":1}\n\n')).toEqual([
      { id: '7', type: 'unit', data: '{"a":1}' },
    ]);
  });

  it('may be cut anywhere, also inside a line break', async () => {
    const whole = 'id: 1\r\ndata: one\r\n\r\n: beat\r\n\r\ndata: a\r\ndata: b\r\n\r\n';
    for (let at = 1; at < whole.length; at++) {
      expect(await parse(whole.slice(0, at), whole.slice(at))).toEqual([
        { id: '1', type: 'message', data: 'one' },
        { id: null, type: 'message', data: 'a\nb' },
      ]);
    }
  });

  it('drops an event that was not finished', async () => {
    expect(await parse('data: x\n')).toEqual([]);
  });

  it('is given up when a line does not end', async () => {
    await expect(parse('x'.repeat(5 * 1024 * 1024))).rejects.toThrow('longer than');
  });
});
