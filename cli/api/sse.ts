/** One event of a text/event-stream. Source: the HTML Living Standard, "Server-sent events". */
export interface ServerEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** Longest line taken in; a server that sends a longer one is not ours. */
const LINE_LIMIT = 4 * 1024 * 1024;

/** @throws Error on an endless line. Comments (heartbeats) and unknown fields are skipped. */
export async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = blank();
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > LINE_LIMIT) throw new Error('an event is longer than 4 MiB');
    // A lone CR at the end may be half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        event = withField(event, line);
        continue;
      }
      if (event.data !== null) {
        yield { id: event.id, type: event.type || 'message', data: event.data };
      }
      event = blank();
    }
  }
}

interface Fields {
  readonly id: string | null;
  readonly type: string;
  readonly data: string | null;
}

const blank = (): Fields => ({ id: null, type: '', data: null });

function withField(event: Fields, line: string): Fields {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'id') return { ...event, id: value };
  if (name === 'event') return { ...event, type: value };
  if (name !== 'data') return event;
  return { ...event, data: event.data === null ? value : `${event.data}\n${value}` };
}
