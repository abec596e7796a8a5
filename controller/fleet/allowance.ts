/** What one agent may send: so much at once, and so much per second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A token bucket. Full at the start; filled by the time that passes. */
export class Allowance {
  readonly #rate: Rate;
  #left: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = nowMs;
  }

  /** Takes `amount`; false where there is not that much left. */
  take(amount: number, nowMs: number): boolean {
    // A clock that was set back gives nothing, and takes nothing away.
    const passedS = Math.max(0, nowMs - this.#atMs) / 1000;
    this.#atMs = nowMs;
    this.#left = Math.min(this.#rate.burst, this.#left + passedS * this.#rate.perSecond);
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}
