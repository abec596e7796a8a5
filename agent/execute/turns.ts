/** Who may work when: a bound on all, one at a time on each object. */
export class Turns {
  readonly #limit: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #locks = new Map<string, Promise<void>>();

  constructor(limit: number) {
    this.#limit = limit;
    this.#free = limit;
  }

  get busy(): number {
    return this.#limit - this.#free;
  }

  /** Runs `work` once its objects and a place are free. Names are taken in one order by all. */
  async take<T>(objects: readonly string[], work: () => Promise<T>): Promise<T> {
    const names = [...new Set(objects)].sort();
    const before = names.flatMap((name) => this.#locks.get(name) ?? []);
    let unlock = () => {};
    const mine = new Promise<void>((resolve) => {
      unlock = resolve;
    });
    for (const name of names) this.#locks.set(name, mine);
    try {
      await Promise.all(before);
      return await this.#withPlace(work);
    } finally {
      unlock();
      for (const name of names) if (this.#locks.get(name) === mine) this.#locks.delete(name);
    }
  }

  async #withPlace<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
