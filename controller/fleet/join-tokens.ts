import { createHash, timingSafeEqual } from 'node:crypto';
import { Failure, type HostName } from '../../schemas/domain/index.ts';
import type { SecretStore } from './ledger.ts';

interface Kept {
  /** Hex SHA-256 of the secret: the secret itself is never stored. */
  readonly hash: string;
  readonly host: HostName;
  readonly expiresMs: number;
}

export const JOIN_TOKEN_LIFE_MS = 30 * 60_000;
const FILE = 'join-tokens.json';
const MOST_TOKENS = 10_000;
const SECRET_BYTES = 32;

/** Join tokens: single use, bound to one host name, stored hashed, spent durably. */
export class JoinTokens {
  readonly #store: SecretStore;
  readonly #now: () => number;
  readonly #random: (count: number) => Buffer;
  #kept: readonly Kept[];
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    store: SecretStore,
    kept: readonly Kept[],
    now: () => number,
    random: (count: number) => Buffer,
  ) {
    this.#store = store;
    this.#kept = kept;
    this.#now = now;
    this.#random = random;
  }

  /** A damaged file is treated as empty: its tokens live minutes and are made anew. */
  static async open(
    store: SecretStore,
    now: () => number,
    random: (count: number) => Buffer,
  ): Promise<JoinTokens> {
    return new JoinTokens(store, parse(await store.secret(FILE)), now, random);
  }

  /** @returns the secret part, shown once. @throws Failure TooManyTokens */
  async create(host: HostName, lifeMs = JOIN_TOKEN_LIFE_MS): Promise<string> {
    const secret = this.#random(SECRET_BYTES).toString('base64url');
    await this.#inTurn(async () => {
      const live = this.#live();
      if (live.length >= MOST_TOKENS) {
        const message = `${MOST_TOKENS} join tokens are open already: wait until some run out`;
        throw new Failure('TooManyTokens', message);
      }
      await this.#keep([...live, { hash: hashOf(secret), host, expiresMs: this.#now() + lifeMs }]);
    });
    return secret;
  }

  /**
   * Judges a token without spending it, so that a bad request does not cost the operator one.
   * @throws Failure TokenRefused, whatever the reason: a stranger learns nothing.
   */
  check(secret: string, host: string): void {
    this.#find(secret, host);
  }

  /** Spends a token. Of two that race with it exactly one succeeds. @throws Failure TokenRefused */
  async spend(secret: string, host: string): Promise<void> {
    await this.#inTurn(async () => {
      const found = this.#find(secret, host);
      await this.#keep(this.#live().filter((kept) => kept !== found));
    });
  }

  /** Makes open tokens of the host worthless. */
  async forget(host: HostName): Promise<void> {
    await this.#inTurn(async () => {
      await this.#keep(this.#live().filter((kept) => kept.host !== host));
    });
  }

  #find(secret: string, host: string): Kept {
    const hash = Buffer.from(hashOf(secret), 'hex');
    const found = this.#live().find((kept) => timingSafeEqual(Buffer.from(kept.hash, 'hex'), hash));
    if (found?.host === host) return found;
    const message = 'J_TOKEN: the join token is unknown, used, expired or of another host';
    throw new Failure('TokenRefused', message, { retry: 'never' });
  }

  #live(): readonly Kept[] {
    return this.#kept.filter((kept) => kept.expiresMs > this.#now());
  }

  async #keep(kept: readonly Kept[]): Promise<void> {
    await this.#store.putSecret(FILE, JSON.stringify(kept));
    this.#kept = kept;
  }

  async #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {});
    await turn;
  }
}

function parse(bytes: Buffer | undefined): readonly Kept[] {
  try {
    const kept: unknown = JSON.parse(bytes?.toString() ?? '[]');
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(value: unknown): value is Kept {
  const { hash, host, expiresMs } = (value ?? {}) as Partial<Kept>;
  const hashed = typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
  return hashed && typeof host === 'string' && typeof expiresMs === 'number';
}

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
