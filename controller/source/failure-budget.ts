/** Counts faults of each client within a minute; bounded in the number of clients it knows. */
export class FailureBudget {
  readonly #perMinute: number;
  readonly #maxClients: number;
  readonly #now: () => number;
  readonly #windows = new Map<string, { startMs: number; count: number }>();

  constructor(options: {
    readonly perMinute: number;
    readonly maxClients: number;
    readonly now: () => number;
  }) {
    this.#perMinute = options.perMinute;
    this.#maxClients = options.maxClients;
    this.#now = options.now;
  }

  isSpent(client: string): boolean {
    const window = this.#windows.get(client);
    return window !== undefined && this.#isOpen(window) && window.count >= this.#perMinute;
  }

  charge(client: string): void {
    const window = this.#windows.get(client);
    if (window && this.#isOpen(window)) {
      window.count += 1;
      return;
    }
    this.#windows.delete(client);
    this.#windows.set(client, { startMs: this.#now(), count: 1 });
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > this.#maxClients && oldest !== undefined) this.#windows.delete(oldest);
  }

  #isOpen(window: { readonly startMs: number }): boolean {
    const age = this.#now() - window.startMs;
    return age >= 0 && age < 60_000;
  }
}
