import type { AppId, CommitSha, DesiredState, ProjectName } from '../../schemas/domain/index.ts';
import { compareText, DEFAULT_DELETION_BUDGET, parseAppId } from '../../schemas/domain/index.ts';
import { judgeRemovals } from '../core/plan/deletion-budget.ts';
import type { Removals } from './ports.ts';

const NO_BUDGET = { count: 0, percent: 0 };

export interface JudgeInput {
  readonly desired: DesiredState;
  /** Apps git still declares but which could not be loaded: never up for removal. */
  readonly heldApps: ReadonlySet<AppId>;
  /** Every app known from before: last desired, statuses, what hosts own. */
  readonly known: ReadonlySet<AppId>;
  readonly before: Removals;
  /** `Allow-Destroy` values of the commits since the last judged revision. */
  readonly allowDestroy: readonly string[];
}

/**
 * Absence is not an order to delete (decision 10): what vanished is removed only within the
 * project's deletion budget, or with consent in a commit. Anything else is held and shown.
 */
export function judge(input: JudgeInput, revision: CommitSha): Removals {
  const gone = (app: AppId) => !input.desired.apps.has(app) && !input.heldApps.has(app);
  const allowed = new Set(input.before.allowed.filter(gone));
  // What was held once needs consent, however small a share of the project it has become.
  const heldBefore = new Set(input.before.held);
  const held: AppId[] = [];
  const vanished = [...new Set([...input.known, ...heldBefore])].filter(
    (app) => gone(app) && !allowed.has(app),
  );
  for (const [project, candidates] of byProject(vanished)) {
    const declared = [...input.desired.apps.values()]
      .filter((app) => app.project === project)
      .map((app) => app.id);
    const budget = input.desired.projects.get(project)?.deletionBudget ?? DEFAULT_DELETION_BUDGET;
    const { allowDestroy } = input;
    const fresh = candidates.filter((app) => !heldBefore.has(app));
    const old = candidates.filter((app) => heldBefore.has(app));
    for (const verdict of [
      judgeRemovals({ previous: [...declared, ...fresh], next: declared, budget, allowDestroy }),
      judgeRemovals({ previous: old, next: [], budget: NO_BUDGET, allowDestroy }),
    ]) {
      for (const app of verdict.allowed) allowed.add(app);
      held.push(...verdict.held);
    }
  }
  return {
    judged: revision,
    allowed: [...allowed].sort(compareText),
    held: held.sort(compareText),
  };
}

function byProject(apps: readonly AppId[]): Map<ProjectName, AppId[]> {
  const projects = new Map<ProjectName, AppId[]>();
  for (const app of apps) {
    const { project } = parseAppId(app);
    const known = projects.get(project);
    if (known) known.push(app);
    else projects.set(project, [app]);
  }
  return projects;
}
