import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { cleanText } from '../../proto/codec.ts';
import { Allowance } from './allowance.ts';

const QUIET_MS = 60_000;
const MOST_REMEMBERED = 200;
const RATE = { burst: 60, perSecond: 1 };

export type Audit = (actor: string, action: string, subject: string) => void;

/**
 * Tells of refusals without letting a stranger fill the log: each (code, who) once a minute, and
 * not more than one a second of all together.
 */
export class Refusals {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #audit: Audit;
  readonly #toldMs = new Map<string, number>();
  readonly #allowance: Allowance;

  constructor(clock: Clock, logger: Logger, audit: Audit) {
    this.#clock = clock;
    this.#logger = logger;
    this.#audit = audit;
    this.#allowance = new Allowance(RATE, clock.now());
  }

  /** @param who `host:web-01`, or the address of one who has no identity yet. */
  tell(code: string, who: string, subject: string, cause: string): void {
    const now = this.#clock.now();
    const actor = cleanText(who, 100);
    const key = `${code} ${actor}`;
    const told = this.#toldMs.get(key);
    if (told !== undefined && Math.abs(now - told) < QUIET_MS) return;
    if (!this.#allowance.take(1, now)) return;
    this.#remember(key, now);
    const about = cleanText(subject, 100);
    this.#logger.warn({ code, peer: actor, host: about, cause: cleanText(cause, 300) }, 'refused');
    this.#audit(actor, `refused ${code}`, about);
  }

  #remember(key: string, now: number): void {
    this.#toldMs.delete(key);
    this.#toldMs.set(key, now);
    const oldest = this.#toldMs.keys().next().value;
    if (this.#toldMs.size > MOST_REMEMBERED && oldest !== undefined) this.#toldMs.delete(oldest);
  }
}
