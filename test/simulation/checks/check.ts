import type { Declared } from '../world/git.ts';
import type { Entry, Violation } from '../world/history.ts';
import { checkChanges } from './changes.ts';
import { checkEpochs } from './epochs.ts';
import { checkJobs } from './jobs.ts';
import { checkObservation } from './observation.ts';
import { checkQuiet } from './quiet.ts';

/** Judges a history. Nothing here asks the product what it thinks of it. */
export function check(
  entries: readonly Entry[],
  commits: readonly Declared[],
): readonly Violation[] {
  return [
    ...checkEpochs(entries),
    ...checkObservation(entries),
    ...checkChanges(entries, commits),
    ...checkJobs(entries, commits),
    ...checkQuiet(entries),
  ];
}
