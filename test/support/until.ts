export interface UntilOptions {
  readonly what: string;
  /** Milliseconds; 10 s by default. */
  readonly deadlineMs?: number;
  readonly everyMs?: number;
}

/**
 * Waits for a state: asks again until the answer is neither undefined nor false.
 * @throws Error naming `what` when the deadline passes.
 */
export async function until<T>(
  ask: () => T | Promise<T>,
  options: UntilOptions,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + (options.deadlineMs ?? 10_000);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) {
      return answer as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() > deadline) throw new Error(`not in time: ${options.what}`);
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 10));
  }
}
