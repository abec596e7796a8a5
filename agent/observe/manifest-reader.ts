import type { ImageManifest } from '../../schemas/domain/index.ts';
import type { DockerEngine } from '../core/docker-engine.ts';
import { EngineFailure } from '../core/engine-failure.ts';
import type { ManifestReader } from '../session/ports.ts';

const AT_ONCE = 4;
const MOST_WAITING = 256;

/** Asks registries through the engine, a few at a time. */
export function createManifestReader(engine: DockerEngine): ManifestReader {
  const waiting: (() => void)[] = [];
  let running = 0;
  const turn = async () => {
    if (running < AT_ONCE) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const next = () => {
    const first = waiting.shift();
    if (first) first();
    else running -= 1;
  };
  return {
    async read(reference, auth, signal): Promise<ImageManifest> {
      if (waiting.length >= MOST_WAITING) {
        throw new EngineFailure('PullFailed', 'world', 'too many registries are asked at once');
      }
      await turn();
      try {
        return await engine.inspectManifest(reference, auth, signal);
      } finally {
        next();
      }
    },
  };
}
