import type { Clock } from '../../kit/clock.ts';

/** Passes on the latest word, at most once in `intervalMs`; the last one said is never lost. */
export function throttled<T>(clock: Clock, intervalMs: number, say: (word: T) => void) {
  let waiting: { readonly word: T } | undefined;
  let cancel: (() => void) | undefined;
  const pass = () => {
    cancel = undefined;
    if (waiting === undefined) return;
    const { word } = waiting;
    waiting = undefined;
    say(word);
    cancel = clock.setTimer(intervalMs, pass);
  };
  return {
    say(word: T): void {
      waiting = { word };
      if (!cancel) pass();
    },
    end(): void {
      cancel?.();
      if (waiting !== undefined) say(waiting.word);
      waiting = undefined;
    },
  };
}
