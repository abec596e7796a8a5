import type { Readable } from 'node:stream';

const LINE_LIMIT_BYTES = 1024 * 1024;

/**
 * The JSON lines of a streamed answer.
 * @throws RangeError for a line of more than 1 MiB; SyntaxError for one that is no JSON.
 */
export async function* jsonLines(stream: Readable): AsyncGenerator<Record<string, unknown>> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    rest += chunk as string;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LIMIT_BYTES) throw new RangeError('a line of more than 1 MiB');
    for (const line of lines) yield* parsed(line);
  }
  yield* parsed(rest);
}

function* parsed(line: string): Generator<Record<string, unknown>> {
  if (line.trim() === '') return;
  const value: unknown = JSON.parse(line);
  if (typeof value === 'object' && value !== null) yield value as Record<string, unknown>;
}
