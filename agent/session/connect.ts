import { fullJitterMs } from '../../kit/backoff.ts';
import { sleep } from '../../kit/clock.ts';
import { Failure } from '../../schemas/domain/index.ts';
import { type Identity, joinController, readIdentity, renew, renewAtMs } from './identity.ts';
import { runSession, type SessionOptions } from './session.ts';

export interface ConnectOptions extends Omit<SessionOptions, 'identity'> {
  /** Where key and certificate are kept. */
  readonly folder: string;
  readonly joinToken: string | null;
  readonly random: () => number;
  /** Called when a session ends and when one begins to be tried. */
  readonly onState?: (state: 'joining' | 'dialling' | 'waiting', detail: string) => void;
}

/** Reconnecting: full jitter, so that a thousand agents do not come back at one moment. */
const BACKOFF = { firstMs: 500, maxMs: 15_000, factor: 2 };

/**
 * Keeps this host connected until `signal` aborts: joins, renews, dials, and dials again.
 * @throws Failure with `retry: never` where a person must act: no token, a refused one, key
 * permissions. Everything else backs off.
 */
export async function stayConnected(options: ConnectOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger, random } = options;
  let attempt = 0;
  while (!signal.aborted) {
    attempt += 1;
    try {
      const identity = await currentIdentity(options);
      const end = await dial(identity, options, signal);
      if (end.welcomed) attempt = 1;
      logger.info({ cause: end.cause }, 'session ended');
    } catch (error) {
      if (error instanceof Failure && error.retry === 'never') throw error;
      const cause = error instanceof Error ? error.message : String(error);
      logger.warn({ cause }, 'not connected');
    }
    if (signal.aborted) return;
    await sleep(clock, fullJitterMs(BACKOFF, attempt, random), signal).catch(() => {});
  }
}

async function currentIdentity(options: ConnectOptions): Promise<Identity> {
  const { folder, joinToken, clock, logger } = options;
  const known = await readIdentity(folder);
  if (!known) {
    if (!joinToken) {
      const message =
        'this host has not joined yet: set SKEP_JOIN_TOKEN to what `skep host add` prints';
      throw new Failure('NotJoined', message, { retry: 'never' });
    }
    const joined = await joinController(folder, joinToken);
    logger.info({ host: joined.host }, 'joined');
    return joined;
  }
  if (clock.now() < renewAtMs(known)) return known;
  return await renewed(options, known);
}

/** A renewal that fails is tried again at the next dial; until it expires the old one serves. */
async function renewed(options: ConnectOptions, known: Identity): Promise<Identity> {
  try {
    return await renew(options.folder, known);
  } catch (error) {
    if (options.clock.now() >= known.notAfterMs) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    options.logger.warn({ cause }, 'the certificate could not be renewed yet');
    return known;
  }
}

async function dial(identity: Identity, options: ConnectOptions, signal: AbortSignal) {
  let end = { cause: 'no address to dial', welcomed: false };
  for (const address of identity.agent) {
    if (signal.aborted) break;
    // A new certificate needs a new connection: end in time to renew at two thirds of its life.
    const due = new AbortController();
    const waitMs = Math.max(60_000, renewAtMs(identity) - options.clock.now());
    const cancel = options.clock.setTimer(Math.min(waitMs, 2 ** 31 - 1), () => due.abort());
    end = await runSession(
      address,
      { ...options, identity },
      AbortSignal.any([signal, due.signal]),
    );
    cancel();
    if (end.welcomed) break;
  }
  return end;
}
