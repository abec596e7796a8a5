import { sleep } from '../../kit/clock.ts';
import { EngineFailure } from '../core/engine-failure.ts';
import type { Context } from './context.ts';

const PAUSE_MS = 500;

/** Tasks that are being stopped still hold what they use: asked again until the deadline. */
export async function whileInUse(context: Context, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EngineFailure) || error.code !== 'InUse') throw error;
      await sleep(context.clock, PAUSE_MS, context.signal).catch(() => {
        throw error;
      });
    }
  }
}
