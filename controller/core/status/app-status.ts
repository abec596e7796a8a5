import type { AppStatus, Health, Sync, UnitStatus } from '../../../schemas/domain/index.ts';
import { compareText, parseAppId } from '../../../schemas/domain/index.ts';

/** Worst first. */
const HEALTH: readonly Health[] = [
  'Degraded',
  'Missing',
  'Unknown',
  'Progressing',
  'Suspended',
  'Healthy',
];
const SYNC: readonly Sync[] = ['OutOfSync', 'Unknown', 'Synced'];

/**
 * An app over its hosts: the worst unit speaks for it.
 * @throws TypeError when there is no unit.
 */
export function appStatus(units: readonly UnitStatus[]): AppStatus {
  const sorted = [...units].sort((a, b) => compareText(a.key, b.key));
  const [worst] = [...sorted].sort(
    (a, b) =>
      HEALTH.indexOf(a.health) - HEALTH.indexOf(b.health) ||
      SYNC.indexOf(a.sync) - SYNC.indexOf(b.sync),
  );
  if (!worst) throw new TypeError('an app without units has no status');
  const [sync = 'Unknown'] = sorted
    .map((unit) => unit.sync)
    .sort((a, b) => SYNC.indexOf(a) - SYNC.indexOf(b));
  const { id, project, name } = parseAppId(worst.app);
  const updatedAt = sorted
    .map((unit) => unit.updatedAt)
    .sort(compareText)
    .at(-1);
  return {
    id,
    project,
    name,
    health: worst.health,
    sync,
    revision: worst.revision,
    conditions: worst.conditions,
    units: sorted,
    updatedAt: updatedAt ?? worst.updatedAt,
  };
}
