import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Ours, and the one most git hosts and their clones send. */
const HEADERS = ['x-skep-signature', 'x-hub-signature-256'] as const;
const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/**
 * The one signature of a request; undefined when there is none, more than one, or one of another
 * shape. SHA-1 headers beside it are not looked at.
 */
export function signatureOf(headers: IncomingHttpHeaders): Buffer | undefined {
  const given = HEADERS.map((name) => headers[name]).filter((value) => value !== undefined);
  const [only] = given;
  if (given.length !== 1 || typeof only !== 'string') return undefined;
  const digits = SIGNATURE.exec(only)?.[1];
  return digits === undefined ? undefined : Buffer.from(digits, 'hex');
}

/** Takes in the raw bytes of a body as they come; keeps none of them. */
export function bodyVerifier(secret: string, signature: Buffer) {
  const hmac = createHmac('sha256', secret);
  return {
    update(chunk: Uint8Array): void {
      hmac.update(chunk);
    },
    matches: (): boolean => timingSafeEqual(hmac.digest(), signature),
  };
}
