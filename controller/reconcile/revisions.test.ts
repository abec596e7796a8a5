import { expect, it } from 'vitest';
import { type CommitSha, toCommitSha } from '../../schemas/domain/index.ts';
import { aUnit } from '../testing/builders.ts';
import { MemoryStore } from '../testing/memory-ports.ts';
import { Revisions } from './revisions.ts';

const { key } = aUnit();
const [FIRST, SECOND] = [toCommitSha('1'.repeat(40)), toCommitSha('2'.repeat(40))];
const NOW = '2026-01-01T00:00:00.000Z';

function setup() {
  const store = new MemoryStore();
  const revisions = new Revisions(store, () => NOW);
  const begin = (sha: CommitSha) =>
    revisions.begin(
      { sha, subject: 's', author: 'a', committedAt: NOW, allowDestroy: [] },
      NOW,
      [],
      [key],
      [],
    );
  const state = (sha: CommitSha) => store.revisions.get(sha)?.state;
  return { store, revisions, begin, state };
}

it('a revision that was held while a host was paused is applied in the end', async () => {
  const { revisions, begin, state } = setup();
  await begin(FIRST);
  await revisions.report(key, 'held', 'HostPaused', '');
  expect(state(FIRST)).toBe('progressing');
  await revisions.operating(key);
  await revisions.report(key, 'done', 'AllHealthy', '');
  expect(state(FIRST)).toBe('applied');
});

it('a held revision is superseded by a newer one of the same unit', async () => {
  const { revisions, begin, state } = setup();
  await begin(FIRST);
  await revisions.report(key, 'held', 'Suspended', '');
  await begin(SECOND);
  await revisions.report(key, 'done', 'AllHealthy', '');
  expect([state(FIRST), state(SECOND)]).toEqual(['superseded', 'applied']);
});

it('a revision that failed stays failed when a newer one does well', async () => {
  const { revisions, begin, state } = setup();
  await begin(FIRST);
  await revisions.report(key, 'failed', 'HealthProbeFailing', 'web is unhealthy');
  await begin(SECOND);
  await revisions.report(key, 'done', 'AllHealthy', '');
  expect([state(FIRST), state(SECOND)]).toEqual(['failed', 'applied']);
});

it('the first operation is timed once', async () => {
  const { store, revisions, begin } = setup();
  await begin(FIRST);
  await revisions.operating(key);
  expect(store.revisions.get(FIRST)?.phases.firstOperationAt).toBe(NOW);
});

it('a change of its state is an event, told once it is stored', async () => {
  const { store, revisions, begin, state } = setup();
  const seen: unknown[] = [];
  const { addEvent } = store;
  store.addEvent = (event) => {
    seen.push(state(FIRST), event.message);
    return addEvent(event);
  };
  await begin(FIRST);
  await revisions.operating(key);
  await revisions.report(key, 'done', 'AllHealthy', '');
  await revisions.report(key, 'done', 'AllHealthy', '');
  expect(seen).toEqual(['applied', 'revision 111111111111: applied']);
});
