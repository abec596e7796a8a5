/** What happens to a container of which only mounted files changed (`x-skep.onChange`). */
import { recordKey } from '../../../engine/mounted-trees.ts';
import type { FilesAction, ObservedContainer, OnChange } from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import type { Context, FinalContainer, ServiceSituation } from './context.ts';
import { append } from './draft.ts';
import { awaitReady } from './gates.ts';
import { about, stopTimeoutS } from './steps.ts';

/** Names of files in one cause; the others are counted. */
const SHOWN = 3;

/** The files of which the container was not told as they are now, by name; empty = it was. */
export function untold(
  { service }: ServiceSituation,
  { files }: ObservedContainer,
): readonly string[] {
  const { filesRecord } = service;
  if (!filesRecord) return [];
  const told = files?.record ?? {};
  const labels = new Map(
    service.files.map(({ target, label }) => [recordKey(target), label] as const),
  );
  const changed = Object.keys(filesRecord)
    .filter((target) => told[target] !== filesRecord[target])
    .map((target) => `${labels.get(target) ?? target} changed`);
  const gone = Object.keys(told)
    .filter((target) => filesRecord[target] === undefined)
    .map((target) => `the file at ${target} is gone`);
  return [...changed, ...gone];
}

/**
 * Tells a container that stays of its new files: one replica after another, and the next one to
 * be restarted only once the one before it is ready. @returns what the container then comes to.
 */
export function tellFiles(
  context: Context,
  situation: ServiceSituation,
  container: ObservedContainer,
  final: FinalContainer,
): FinalContainer {
  const { service, mode } = situation;
  const causes = untold(situation, container);
  if (causes.length === 0 || mode !== 'forward' || !service.filesRecord) return final;
  const action = actionFor(context, situation, container, final);
  const before = context.done.told.get(service.service);
  const earlier = before ? awaitReady(context, service, [before]) : [];
  const id = append(context.draft, {
    kind: 'apply-files',
    target: container.id,
    files: service.filesRecord,
    action,
    ...about(context, container),
    cause: shown(causes),
    reason: context.reason,
    dependsOn: [
      ...(context.done.files.get(service.service) ?? []),
      ...final.started,
      ...(action.kind === 'restart' ? [...context.done.apps, ...earlier] : earlier),
    ],
  });
  if (action.kind !== 'restart') return final;
  const restarted: FinalContainer = { target: final.target, name: final.name, started: [id] };
  context.done.told.set(service.service, restarted);
  return restarted;
}

/** One that does not run reads its files when it is started. */
function actionFor(
  context: Context,
  { service }: ServiceSituation,
  container: ObservedContainer,
  { started }: FinalContainer,
): FilesAction {
  if (!isUp(container) || started.length > 0) return { kind: 'none' };
  return actionOf(service.onChange, () => stopTimeoutS(context, container));
}

function actionOf(onChange: OnChange, timeoutS: () => number): FilesAction {
  if (onChange === 'recreate' || onChange === 'none') return { kind: 'none' };
  if (onChange === 'restart') return { kind: 'restart', timeoutS: timeoutS() };
  if ('exec' in onChange) return { kind: 'exec', argv: onChange.exec };
  const { signal } = onChange;
  return { kind: 'signal', signal: signal.startsWith('SIG') ? signal : `SIG${signal}` };
}

function shown(causes: readonly string[]): string {
  const more = causes.length - SHOWN;
  return [...causes.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
