import type { DesiredApp, Operation, Reason } from '../../schemas/domain/index.ts';

/** Why nothing is done although there is something to do; undefined where nothing forbids it. */
export function refusalOf(
  app: DesiredApp | undefined,
  operations: readonly Operation[],
  hostPaused: boolean,
  now: number,
): Reason | undefined {
  const until = app?.suspend ? (app.suspend.untilMs ?? Number.POSITIVE_INFINITY) : 0;
  if (until > now) return 'Suspended';
  const drifted = operations.every((operation) => operation.reason === 'drift');
  if (app?.drift === 'report' && drifted) return 'Drifted';
  return hostPaused ? 'HostPaused' : undefined;
}
