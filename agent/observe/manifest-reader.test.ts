import { expect, it } from 'vitest';
import { FakeEngine } from '../testing/fake-engine.ts';
import { createManifestReader } from './manifest-reader.ts';

const signal = AbortSignal.timeout(20_000);
const MANIFEST = { digest: `sha256:${'a'.repeat(64)}`, platforms: [] };

it('asks four registries at once, the others in turn, and refuses what is too much', async () => {
  const engine = new FakeEngine();
  const open: (() => void)[] = [];
  let asked = 0;
  engine.inspectManifest = async () => {
    asked += 1;
    await new Promise<void>((resolve) => open.push(resolve));
    return MANIFEST;
  };
  const reader = createManifestReader(engine);
  const answers = Array.from({ length: 260 }, (_, index) =>
    reader.read(`a:${index}`, undefined, signal),
  );
  await expect(reader.read('one:more', undefined, signal)).rejects.toMatchObject({
    code: 'PullFailed',
  });
  expect(asked).toBe(4);
  for (let done = 0; done < answers.length; done += 1) {
    open.shift()?.();
    await answers[done];
  }
  expect(asked).toBe(260);
});

it('gives its turn on when a registry refuses', async () => {
  const engine = new FakeEngine();
  const reader = createManifestReader(engine);
  const refused = Array.from({ length: 6 }, () => reader.read('none:1', undefined, signal));
  for (const answer of refused) await expect(answer).rejects.toThrow('not found');
});
