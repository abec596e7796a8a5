/** What who listens is told of a unit, beside its status. */
import {
  type DesiredApp,
  type Plan,
  type SkepEvent,
  splitUnitKey,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import { type Progress, renderProgress } from '../core/status/progress.ts';

interface Unit {
  readonly key: UnitKey;
  readonly app: DesiredApp | undefined;
  readonly result: { readonly plan: Plan };
}

type Event = Omit<SkepEvent, 'id' | 'at'>;

/** A step of its rollout. */
export function stepEvent({ key, app: declared }: Unit, progress: Progress): Event {
  const { app, host } = splitUnitKey(key);
  const { step, steps, waiting } = progress;
  const services = [...new Set(waiting.flatMap(({ service }) => service ?? []))];
  return {
    type: 'operation',
    app,
    host,
    ...(declared && { revision: declared.revision }),
    message: `${app} on ${host}: ${renderProgress(progress)}`,
    data: { step, steps, services },
  };
}

/** The host moved away from what was applied. */
export function driftEvent({ key, result }: Unit): Event {
  const drift = result.plan.operations.filter(({ reason }) => reason === 'drift');
  const message = drift.map(({ resource, cause }) => `${resource}: ${cause}`).join('; ');
  return { type: 'drift', ...splitUnitKey(key), message };
}
