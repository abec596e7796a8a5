/**
 * Runs a program until a signal: the first SIGTERM or SIGINT aborts the given signal and lets the
 * program drain, at most `drainMs`; the second exits at once.
 * @returns the program's exit code: 0, or 1 when it threw (`report` says why).
 */
export async function runUntilSignal(
  program: (signal: AbortSignal) => Promise<void>,
  report: (error: unknown) => void,
  drainMs = 20_000,
): Promise<number> {
  const abort = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort(new Error(name));
    setTimeout(() => process.exit(1), drainMs).unref();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    await program(abort.signal);
    return 0;
  } catch (error) {
    if (abort.signal.aborted) return 0;
    report(error);
    return 1;
  } finally {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
