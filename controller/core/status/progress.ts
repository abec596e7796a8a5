import type { AwaitedState, AwaitOperation } from '../../../schemas/domain/index.ts';

/** How far a rollout is: operations and waits, those of earlier passes included. */
export interface Progress {
  /** The step it is at, from 1. */
  readonly step: number;
  readonly steps: number;
  readonly waiting: readonly AwaitOperation[];
}

const UNTIL: Readonly<Record<AwaitedState, string>> = {
  started: 'has started',
  ready: 'is ready',
  completed: 'has completed',
};

const SHOWN = 3;

/** `step 7 of 14: waiting until shop-web-1 is ready`. */
export function renderProgress({ step, steps, waiting }: Progress): string {
  const texts = waiting.map((wait) =>
    wait.kind === 'await-app'
      ? `app ${wait.app} is ready`
      : `${wait.resource} ${UNTIL[wait.until]}`,
  );
  const more = texts.length > SHOWN ? [`${texts.length - SHOWN} more`] : [];
  return `step ${step} of ${steps}: waiting until ${[...texts.slice(0, SHOWN), ...more].join(', ')}`;
}
