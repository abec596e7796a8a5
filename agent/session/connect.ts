import { fullJitterMs } from '../../kit/backoff.ts';
import { sleep } from '../../kit/clock.ts';
import { Failure } from '../../schemas/domain/index.ts';
import { openLink } from './channel.ts';
import { joinController, readJoinToken, renewIdentity } from './enrol.ts';
import { hasExpired, type Identity, keepIdentity, readIdentity, renewInMs } from './identity.ts';
import { digestOf, toDer } from './keys.ts';
import { AgentSession, type SessionEnd, type SessionOptions } from './session.ts';

export interface ConnectOptions extends Omit<SessionOptions, 'identity'> {
  /** Where the identity is kept. */
  readonly folder: string;
  /** Needed for the first join only; a new one also helps a host that is refused. */
  readonly joinToken: string | null;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Full jitter, so that a thousand agents do not come back at one moment. */
const DIAL_BACKOFF = { firstMs: 500, maxMs: 15_000, factor: 2 };
const RENEW_BACKOFF = { firstMs: 60_000, maxMs: 600_000, factor: 2 };
/** After the controller said that this agent should not be here now. */
const STAY_AWAY_MS = 30_000;
/** Dials in a row that fail before the certificate is renewed on suspicion: our clock may lie. */
const SUSPICIOUS_FAILURES = 4;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One attempt: how it ended, and who we are after it. */
interface Turn {
  readonly identity: Identity;
  readonly welcomed: boolean;
  readonly kind: SessionEnd['kind'];
}

/**
 * Keeps this host connected until `signal` aborts: joins, renews, dials, and dials again.
 * @throws Failure with `retry: never` where a person must act before anything can work: no join
 * token, a refused one, key permissions. A host that has joined once waits and tries again.
 */
export async function stayConnected(options: ConnectOptions, signal: AbortSignal): Promise<void> {
  const { clock, random } = options;
  let identity = await firstIdentity(options, signal);
  let failures = 0;
  let suspicious = false;
  while (!signal.aborted && identity) {
    const turn = await oneTurn(options, identity, suspicious, signal);
    identity = turn.identity;
    failures = turn.welcomed ? 0 : failures + 1;
    // Our own clock may be wrong about the certificate: then only the controller knows.
    suspicious = turn.kind === 'expired' || (failures > 0 && failures % SUSPICIOUS_FAILURES === 0);
    const away = turn.kind === 'stay-away' || turn.kind === 'refused';
    const waitMs = away
      ? STAY_AWAY_MS * (1 + random())
      : fullJitterMs(DIAL_BACKOFF, failures + 1, random);
    if (!signal.aborted) await sleep(clock, waitMs, signal).catch(() => {});
  }
}

async function oneTurn(
  options: ConnectOptions,
  known: Identity,
  suspicious: boolean,
  signal: AbortSignal,
): Promise<Turn> {
  const { logger, folder } = options;
  try {
    const identity = await currentIdentity(options, known, suspicious);
    const end = await dial(options, identity, signal);
    logger.info({ cause: end.cause }, 'session ended');
    if (end.kind === 'refused') {
      return { ...end, identity: await joinAnew(options, identity, end.cause), kind: 'lost' };
    }
    // It may have been renewed meanwhile.
    return { ...end, identity: (await readIdentity(folder)) ?? identity };
  } catch (error) {
    if (error instanceof Failure && error.code === 'KeyPermissions') throw error;
    const refused = error instanceof Failure && error.retry === 'never';
    if (refused) logger.error({ code: error.code, cause: error.message }, 'not accepted');
    else logger.warn({ cause: messageOf(error) }, 'not connected');
    return { identity: known, welcomed: false, kind: refused ? 'refused' : 'lost' };
  }
}

/** The identity this host has, or buys with its token. Undefined when `signal` aborts first. */
async function firstIdentity(
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  const { clock, logger, random, folder } = options;
  const token = options.joinToken === null ? undefined : readJoinToken(options.joinToken);
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const known = await readIdentity(folder);
    if (known && (!token || isOf(known, token))) return await withAddresses(folder, known, token);
    if (!token) {
      const message =
        'this host has not joined yet: set SKEP_JOIN_TOKEN to what `skep host add` prints';
      throw new Failure('NotJoined', message, { retry: 'never' });
    }
    try {
      const joined = await joinController(folder, token, () => clock.now());
      logger.info({ host: joined.host }, 'joined');
      return joined;
    } catch (error) {
      if (error instanceof Failure && error.retry === 'never') throw error;
      logger.warn({ cause: messageOf(error) }, 'not joined yet');
      await sleep(clock, fullJitterMs(DIAL_BACKOFF, attempt, random), signal).catch(() => {});
    }
  }
  return undefined;
}

type Token = ReturnType<typeof readJoinToken>;

const isOf = (identity: Identity, token: Token): boolean =>
  identity.host === token.host && digestOf(toDer(identity.ca)) === token.ca;

/** A token of the same controller tells where it is now, also where no join is needed. */
async function withAddresses(folder: string, known: Identity, token: Token | undefined) {
  if (!token) return known;
  const { agent, enroll } = token;
  const same = JSON.stringify([known.agent, known.enroll]) === JSON.stringify([agent, enroll]);
  return same ? known : await keepIdentity(folder, { ...known, agent, enroll });
}

/** Refused: a join token that was not used yet makes this host known again. */
async function joinAnew(
  options: ConnectOptions,
  refused: Identity,
  cause: string,
): Promise<Identity> {
  const token = options.joinToken === null ? undefined : readJoinToken(options.joinToken);
  if (!token || digestOf(token.secret) === refused.joinedWith) {
    throw new Failure('Refused', `${cause} (skep host add ${refused.host})`, { retry: 'never' });
  }
  return await joinController(options.folder, token, () => options.clock.now());
}

/** A renewal that fails is tried again at the next dial; until it expires the old one serves. */
async function currentIdentity(
  options: ConnectOptions,
  known: Identity,
  suspicious: boolean,
): Promise<Identity> {
  const { clock, folder, logger } = options;
  if (!suspicious && renewInMs(known, clock.now()) > 0) return known;
  try {
    return await renewIdentity(folder, known, () => clock.now());
  } catch (error) {
    if (!hasExpired(known, clock.now())) {
      logger.warn({ cause: messageOf(error) }, 'the certificate could not be renewed yet');
      return known;
    }
    if (!(error instanceof Failure) || error.code !== 'RenewRefused') throw error;
    return await joinAnew(options, known, error.message);
  }
}

/** A session at the first address that answers. */
async function dial(
  options: ConnectOptions,
  identity: Identity,
  signal: AbortSignal,
): Promise<SessionEnd> {
  let end: SessionEnd = { cause: 'no address to dial', welcomed: false, kind: 'lost' };
  for (const address of identity.agent) {
    if (signal.aborted) break;
    end = await oneSession(address, options, identity, signal);
    if (end.welcomed || end.kind !== 'lost') break;
  }
  return end;
}

async function oneSession(
  address: string,
  options: ConnectOptions,
  identity: Identity,
  signal: AbortSignal,
): Promise<SessionEnd> {
  const session = new AgentSession(openLink(address, identity), { ...options, identity });
  const over = new AbortController();
  const stop = () => session.stop();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true, signal: over.signal });
  void renewMeanwhile(options, identity, session, over.signal);
  const end = await session.ended;
  over.abort();
  return end;
}

/** Renews while the session goes on; then lets it end when idle, for one with the new certificate. */
async function renewMeanwhile(
  options: ConnectOptions,
  identity: Identity,
  session: AgentSession,
  over: AbortSignal,
): Promise<void> {
  const { clock, folder, logger, random } = options;
  let waitMs = Math.max(renewInMs(identity, clock.now()), RENEW_BACKOFF.firstMs * random());
  for (let attempt = 1; !over.aborted; attempt += 1) {
    try {
      await sleep(clock, Math.min(waitMs, LONGEST_TIMER_MS), over);
      await renewIdentity(folder, identity, () => clock.now());
      session.retire();
      return;
    } catch (error) {
      if (over.aborted) return;
      logger.warn({ cause: messageOf(error) }, 'the certificate could not be renewed yet');
      waitMs = fullJitterMs(RENEW_BACKOFF, attempt, random);
    }
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
