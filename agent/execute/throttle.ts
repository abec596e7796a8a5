import type { Clock } from '../../kit/clock.ts';

/** Passes on the latest text, at most once in `intervalMs`; the last one said is never lost. */
export function throttled(clock: Clock, intervalMs: number, say: (text: string) => void) {
  let waiting: string | undefined;
  let cancel: (() => void) | undefined;
  const pass = () => {
    cancel = undefined;
    if (waiting === undefined) return;
    say(waiting);
    waiting = undefined;
    cancel = clock.setTimer(intervalMs, pass);
  };
  return {
    say(text: string): void {
      waiting = text;
      if (!cancel) pass();
    },
    end(): void {
      cancel?.();
      if (waiting !== undefined) say(waiting);
      waiting = undefined;
    },
  };
}
