import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runBatch } from '../compat-engine/batch.ts';
import { readInputs } from '../compat-engine/inputs.ts';
import { engine, removeProject } from '../support/engine.ts';
import { testEngine } from '../support/images.ts';

const PASSES = 5;
const DEADLINE_MS = 300_000;
/** The network and the volume that stand for somebody else's. */
const EXTERNAL = 'skep-somebodys';

/** The whole of it, on engines of its own and with an engine restart: `make compat-engine`. */
describe('Compose files of many shapes', () => {
  const { root, runnable, others } = readInputs(
    join(import.meta.dirname, '../compat-engine/inputs'),
  );
  const docker = engine();

  afterAll(async () => {
    await using left = new AsyncDisposableStack();
    // A batch that failed early has made neither.
    const remove = async (object: { remove(): Promise<unknown> }) => {
      try {
        await object.remove();
      } catch (error) {
        if ((error as { readonly statusCode?: number }).statusCode !== 404) throw error;
      }
    };
    left.defer(() => remove(docker.getVolume(EXTERNAL)));
    left.defer(() => remove(docker.getNetwork(EXTERNAL)));
    for (const { app } of runnable) left.defer(() => removeProject(docker, app));
  });

  it(
    'are left alone by an upgrade, by passes and by restarts',
    async () => {
      expect([...others]).toEqual([]);
      const dockerHost = testEngine();
      const told: string[] = [];
      const tell = (line: string) => void told.push(line);
      const result = await runBatch({ inputs: runnable, root, dockerHost, passes: PASSES, tell });
      expect([...result.unsettled]).toEqual([]);
      expect(result.settled).toHaveLength(runnable.length);
      expect([...result.calls.values()].filter(Boolean), told.join('\n')).toEqual([]);
    },
    DEADLINE_MS,
  );
});
