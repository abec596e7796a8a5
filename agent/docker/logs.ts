import type { Readable } from 'node:stream';

const LINE_LIMIT = 4096;
const HEADER_BYTES = 8;

/**
 * Lines of a log answer. Without a terminal the engine frames each piece with its stream and
 * length; with one the bytes come as they are. At most the last `limit` bytes are kept.
 */
export async function decodeLogs(
  stream: Readable,
  tty: boolean,
  limit: number,
): Promise<readonly string[]> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    if (bytes.length > 2 * limit) break;
  }
  stream.destroy();
  const text = (tty ? bytes : unframed(bytes)).subarray(-limit).toString('utf8');
  const lines = text.split('\n').map((line) => line.replace(/\r$/, '').slice(0, LINE_LIMIT));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function unframed(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32BE(at + 4);
    pieces.push(bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length));
    at += HEADER_BYTES + length;
  }
  return Buffer.concat(pieces);
}
