import type { IncomingMessage } from 'node:http';
import { badBody, Problem } from './problem.ts';

export const MAX_BODY_BYTES = 1_000_000;

/** The JSON body, read up to 1 MB and never unpacked. @throws Problem 400, 413, 415 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new Problem(415, 'A_BODY', 'Wrong body', 'Send JSON, `Content-Type: application/json`.');
  }
  if (request.headers['content-encoding'] !== undefined) {
    throw new Problem(415, 'A_BODY', 'Wrong body', 'Send the body without a content encoding.');
  }
  const text = await readText(request);
  try {
    return JSON.parse(text);
  } catch {
    throw badBody('The body is not valid JSON.');
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The rest of the body is not read: the connection ends with the answer. */
const tooLarge = (): Problem =>
  new Problem(413, 'A_BODY', 'Body too large', `A body has at most ${MAX_BODY_BYTES} bytes.`, {
    Connection: 'close',
  });

/** The members of a JSON object, checked to be there and to be text. @throws Problem 400 */
export function textFields<const K extends string>(
  body: unknown,
  fields: readonly K[],
  maxChars: number,
): Readonly<Record<K, string>> {
  const object = objectOf(body);
  const unknown = Object.keys(object).find((key) => !(fields as readonly string[]).includes(key));
  if (unknown !== undefined) {
    throw badBody(`Only these fields are known here: ${fields.join(', ')}.`);
  }
  const found: [string, string][] = fields.map((field) => {
    const value = object[field];
    if (typeof value === 'string' && value !== '' && value.length <= maxChars) {
      return [field, value];
    }
    throw badBody(`\`${field}\` must be a text of 1 to ${maxChars} characters.`);
  });
  return Object.fromEntries(found) as Record<K, string>;
}

export function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return body as Record<string, unknown>;
  }
  throw badBody('The body must be a JSON object.');
}
