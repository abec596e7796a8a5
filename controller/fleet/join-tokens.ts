import { createHash, timingSafeEqual } from 'node:crypto';
import { Failure, type HostName } from '../../schemas/domain/index.ts';
import type { SecretStore } from './authority.ts';

/** What a join token carries, as base64url JSON in one word. */
export interface JoinToken {
  readonly host: string;
  /** `address:port` of the agent listener, best first. */
  readonly agent: readonly string[];
  /** `address:port` of the enrolment listener, best first. */
  readonly enroll: readonly string[];
  /** Hex SHA-256 of the CA certificate. */
  readonly ca: string;
  readonly secret: string;
}

interface Kept {
  /** Hex SHA-256 of the secret: the secret itself is never stored. */
  readonly hash: string;
  readonly host: HostName;
  readonly expiresMs: number;
}

export const JOIN_TOKEN_LIFE_MS = 30 * 60_000;
const FILE = 'join-tokens.json';
const MOST_TOKENS = 10_000;

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

  static async open(
    store: SecretStore,
    now: () => number,
    random: (count: number) => Buffer,
  ): Promise<JoinTokens> {
    const text = (await store.secret(FILE))?.toString();
    return new JoinTokens(store, text ? (JSON.parse(text) as Kept[]) : [], now, random);
  }

  /** @returns the secret part, shown once. */
  async create(host: HostName, lifeMs = JOIN_TOKEN_LIFE_MS): Promise<string> {
    const secret = this.#random(32).toString('base64url');
    await this.#inTurn(async () => {
      const live = this.#live();
      if (live.length >= MOST_TOKENS) {
        throw new Failure('TooManyTokens', `${MOST_TOKENS} join tokens are open already`);
      }
      await this.#keep([...live, { hash: hashOf(secret), host, expiresMs: this.#now() + lifeMs }]);
    });
    return secret;
  }

  /**
   * Spends a token. Of two that race with it exactly one succeeds.
   * @throws Failure TokenRefused, whatever the reason: a stranger learns nothing.
   */
  async spend(secret: string, host: string): Promise<void> {
    await this.#inTurn(async () => {
      const hash = Buffer.from(hashOf(secret), 'hex');
      const found = this.#live().find((kept) =>
        timingSafeEqual(Buffer.from(kept.hash, 'hex'), hash),
      );
      if (!found || found.host !== host) {
        const message = 'the join token is unknown, used, expired or of another host';
        throw new Failure('TokenRefused', message, { retry: 'never' });
      }
      await this.#keep(this.#live().filter((kept) => kept !== found));
    });
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

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

export function encodeJoinToken(token: JoinToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}
