/** Work between two pauses, in rough microseconds. */
const SLICE_US = 8_000;

/** Lets other work run between slices of a big load. Counts work, since `core` has no clock. */
export class Pacer {
  readonly #pause: () => Promise<void>;
  #spent = 0;

  constructor(pause: () => Promise<void>) {
    this.#pause = pause;
  }

  /** Called after a piece of work of about that many microseconds. */
  async spent(microseconds: number): Promise<void> {
    this.#spent += microseconds;
    if (this.#spent < SLICE_US) return;
    this.#spent = 0;
    await this.#pause();
  }
}
