import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { sha256 } from '../../schemas/domain/index.ts';
import type { LoginAttempt, SessionStore } from './ports.ts';

const WINDOW_MS = 60_000;
const PER_ACCOUNT = 10;
const PER_ADDRESS = 30;
/** Attempts remembered in all; the oldest go first. */
const MAX_REMEMBERED = 20_000;

export type Admission =
  | { readonly kind: 'admitted'; readonly attempt: LoginAttempt }
  | { readonly kind: 'refused'; readonly retryAfterS: number };

type AttemptStore = Pick<SessionStore, 'loginAttempts' | 'addLoginAttempt' | 'removeLoginAttempt'>;

/**
 * Counts failed logins of the last minute, over restarts. An address is refused after 30. An
 * account is refused after 10, but only from addresses that took part: its owner, coming from
 * elsewhere with the right password, still gets in, and a stranger has one try an address.
 */
export class LoginLimiter {
  readonly #deps: {
    readonly store: AttemptStore;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly randomBytes: (count: number) => Buffer;
  };
  #attempts: LoginAttempt[] = [];
  #loaded: Promise<void> | undefined;

  constructor(deps: {
    readonly store: AttemptStore;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly randomBytes: (count: number) => Buffer;
  }) {
    this.#deps = deps;
  }

  /** Counts an attempt before its password is looked at, so that parallel ones count too. */
  async admit(user: string, address: string): Promise<Admission> {
    this.#loaded ??= this.#load();
    await this.#loaded;
    const now = this.#deps.clock.now();
    this.#forget(now);
    // People type passwords into the wrong field: the name is kept only as a hash.
    const account = sha256(user).slice(0, 32);
    const freeAtMs = refusedUntil(this.#attempts, account, address);
    if (freeAtMs !== null) {
      const retryAfterS = Math.max(1, Math.ceil((freeAtMs - now) / 1_000));
      return { kind: 'refused', retryAfterS };
    }
    const id = this.#deps.randomBytes(12).toString('base64url');
    const attempt = { id, account, address, atMs: now };
    this.#attempts.push(attempt);
    await this.#stored(this.#deps.store.addLoginAttempt(attempt));
    return { kind: 'admitted', attempt };
  }

  /** Takes back the attempt of a login that was right. */
  async succeeded(attempt: LoginAttempt): Promise<void> {
    this.#attempts = this.#attempts.filter((other) => other.id !== attempt.id);
    await this.#stored(this.#deps.store.removeLoginAttempt(attempt.id));
  }

  async #load(): Promise<void> {
    const since = this.#deps.clock.now() - WINDOW_MS;
    const stored = await this.#deps.store.loginAttempts(since).catch(() => []);
    this.#attempts = [...stored].sort((a, b) => a.atMs - b.atMs);
  }

  #forget(now: number): void {
    const recent = this.#attempts.filter((attempt) => attempt.atMs > now - WINDOW_MS);
    this.#attempts = recent.slice(-MAX_REMEMBERED);
  }

  /** Counting goes on in memory when the disk is full. */
  async #stored(write: Promise<void>): Promise<void> {
    await write.catch((error: unknown) => {
      this.#deps.logger.warn({ err: error }, 'login attempt not stored');
    });
  }
}

/** When this pair is admitted again, or null when it is now. `attempts`: oldest first. */
function refusedUntil(
  attempts: readonly LoginAttempt[],
  account: string,
  address: string,
): number | null {
  const ofAddress = attempts.filter((attempt) => attempt.address === address);
  if (ofAddress.length >= PER_ADDRESS) return freeAt(ofAddress, PER_ADDRESS);
  const ofAccount = attempts.filter((attempt) => attempt.account === account);
  const own = ofAccount.filter((attempt) => attempt.address === address);
  if (ofAccount.length < PER_ACCOUNT || own.length === 0) return null;
  return Math.min(freeAt(ofAccount, PER_ACCOUNT), freeAt(own, 1));
}

/** When fewer than `limit` of these are left in the window. */
const freeAt = (attempts: readonly LoginAttempt[], limit: number): number =>
  (attempts.at(-limit)?.atMs ?? 0) + WINDOW_MS;
