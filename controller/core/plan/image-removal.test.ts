import { describe, expect, it } from 'vitest';
import { aContainer, aModel, anImage } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';
import { type RememberedImages, unwantedImages } from './image-removal.ts';

const entry = (contentHash: string, lock: string, reference = 'web:1'): RememberedImages => ({
  contentHash,
  locks: { [reference]: lock },
});
const OWN = ['a', 'b', 'c', 'd'].map((name) => entry(name, `web@sha256:${name}`));
const unwanted = (keep: number, others: readonly RememberedImages[] = [], contentHash = 'd') =>
  unwantedImages({ own: OWN, others, contentHash, keep }).locks;

describe('images that are not wanted any more', () => {
  it('are those of contents before the ones that are kept', () => {
    expect(unwanted(0)).toEqual(['web@sha256:a', 'web@sha256:b', 'web@sha256:c']);
    expect(unwanted(2)).toEqual(['web@sha256:a']);
    expect(unwanted(3)).toEqual([]);
  });

  it('never are what the present content has, wherever it stands in the history', () => {
    expect(unwanted(1, [], 'b')).toEqual(['web@sha256:a', 'web@sha256:c']);
  });

  it('never are what another unit of the host may go back to', () => {
    expect(unwanted(0, [entry('x', 'web@sha256:b')])).toEqual(['web@sha256:a', 'web@sha256:c']);
  });

  it('never are what no registry can bring back', () => {
    const own = [entry('a', 'sha256:made-here'), entry('b', 'web@sha256:b')];
    expect(unwantedImages({ own, others: [], contentHash: 'b', keep: 0 }).locks).toEqual([]);
  });
});

describe('removing an image', () => {
  const LOCK = 'web@sha256:old';
  const old = anImage('old', { id: 'sha256:1', tags: [], digests: [LOCK] });
  const given = { unwanted: { locks: [LOCK], references: ['web:1', 'web:2'] } };
  const scene = (image = old) => {
    const made = new Scene().converge();
    made.engine.images.set('old', image);
    return made;
  };

  it('is the one thing that is left to do', () => {
    expect(scene().text(given)).toMatchInlineSnapshot(`
      "default/shop on web-01: 1 operation
        1. remove-image web@sha256:old (no version that is kept runs it (spec.images.keep))
      "
    `);
  });

  it('goes with a rollout, after everything else of it', () => {
    const rollout = scene();
    rollout.engine.named('shop-web-1').imageId = old.id;
    rollout.change(aModel({ web: { image: 'web:2' } }));
    const { operations } = rollout.plan(given).plan;
    expect(operations.at(-1)).toMatchObject({ kind: 'remove-image', image: old.id, lock: LOCK });
    const before = operations.at(-2);
    expect(operations.at(-1)?.dependsOn).toContain(before?.id);
    expect(before?.kind).toBe('remove-container');
  });

  it.each([
    ['a container of anybody has it', { ...old }, true],
    ['it is called something that the app never called it', { ...old, tags: ['backup:1'] }, false],
    ['another repository has it too', { ...old, digests: [LOCK, 'copy@sha256:old'] }, false],
  ])('is not done where %s', (_when, image, isUsed) => {
    const made = scene(image);
    const stranger = aContainer({ name: 'other', imageId: old.id, state: 'exited' });
    if (isUsed) made.engine.addContainer(stranger);
    expect(made.plan(given).plan.operations).toEqual([]);
  });

  it('does not mind the names that the app gave it, however they are spelled', () => {
    const made = scene({ ...old, tags: ['docker.io/library/web:2'] });
    expect(made.plan(given).plan.operations).toHaveLength(1);
  });

  it('waits while the plan pulls, or something is in its way', () => {
    const made = scene();
    made.change(aModel({ web: { image: 'web:2' } }));
    made.engine.images.delete('web:2');
    expect(made.plan(given).plan.operations.map(({ kind }) => kind)).not.toContain('remove-image');
    made.change(aModel({ web: { image: 'web:2', pull_policy: 'never' } }));
    made.engine.images.delete('web:2');
    expect(made.plan(given).plan.operations).toEqual([]);
  });
});
