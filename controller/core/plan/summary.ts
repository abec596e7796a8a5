/** What happens to each service, for the plan's text. Read from the operations, so it cannot lie. */
import type {
  FieldChange,
  ObservedContainer,
  Operation,
  ServiceChange,
} from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import { networkChanges } from './attachment-changes.ts';
import { replaceCause, replaceChanges } from './causes.ts';
import type { Context, ServiceSituation } from './context.ts';
import { failedMark } from './failures.ts';
import { renderChange } from './keep-fields.ts';
import { mutableChanges } from './mutable-changes.ts';
import type { Slot } from './slots.ts';

export function changesOf(context: Context): readonly ServiceChange[] {
  const byService = new Map<string, Operation[]>();
  for (const operation of context.draft.operations) {
    if (operation.service === undefined || isPreparation(operation)) continue;
    const known = byService.get(operation.service);
    if (known) known.push(operation);
    else byService.set(operation.service, [operation]);
  }
  const declared = [...context.services.values()].flatMap((situation) => {
    const operations = byService.get(situation.service.service);
    return operations ? [declaredChange(context, situation, operations)] : [];
  });
  const undeclared = [...byService.keys()]
    .filter((name) => !context.services.has(name))
    .sort(compareText)
    .map((service): ServiceChange => ({ service, action: 'remove', cause: 'no longer declared' }));
  return [...declared, ...undeclared];
}

const isPreparation = ({ kind }: Operation): boolean =>
  kind === 'pull-image' || kind === 'put-file' || kind === 'put-tree' || kind === 'await-container';

function declaredChange(
  context: Context,
  situation: ServiceSituation,
  operations: readonly Operation[],
): ServiceChange {
  const { service } = situation.service;
  const action = actionOf(situation, operations);
  const downtime = downtimeFor(context, situation, operations, action);
  const cause = causeOf(context, situation, operations, action);
  const fields = fieldsOf(context, situation, action);
  return {
    service,
    action,
    ...(downtime !== undefined && { downtime }),
    cause,
    ...(fields.length > 0 && { fields }),
    ...(action === 'update' && inPlace(operations)),
  };
}

/** What an engine does to a container that runs on. */
const IN_PLACE: ReadonlySet<Operation['kind']> = new Set([
  'update-container',
  'rename-container',
  'connect-network',
  'disconnect-network',
  'unpause-container',
]);

function inPlace(operations: readonly Operation[]): Pick<ServiceChange, 'inPlace'> {
  const kinds = kindsOf(operations);
  return kinds.every((kind) => IN_PLACE.has(kind)) ? { inPlace: kinds } : {};
}

const kindsOf = (operations: readonly Operation[]): readonly Operation['kind'][] =>
  [...new Set(operations.map(({ kind }) => kind))].sort(compareText);

/** A network that is left and joined again is away for a moment. */
function reconnection(operations: readonly Operation[]): string | undefined {
  const joined = operations.flatMap((op) => (op.kind === 'connect-network' ? [op.network] : []));
  const left = operations.find(
    (op) => op.kind === 'disconnect-network' && joined.includes(op.network),
  );
  return left?.kind === 'disconnect-network'
    ? `leaves and joins network ${left.network}`
    : undefined;
}

function fieldsOf(
  context: Context,
  situation: ServiceSituation,
  action: ServiceChange['action'],
): readonly FieldChange[] {
  const { slots, service } = situation;
  if (action === 'replace') {
    const stale = slots.map(staleOf).find((container) => container !== undefined);
    return stale ? replaceChanges(context, situation, stale) : [];
  }
  if (action !== 'update') return [];
  const changes = slots.flatMap(({ keep, desired }) =>
    keep
      ? [
          ...mutableChanges(keep.mutable, service.mutable),
          ...networkChanges(keep, desired.attachments, service.spec.network_mode),
        ]
      : [],
  );
  // Replicas mostly differ alike.
  return [...new Map(changes.map((change) => [renderChange(change), change])).values()];
}

function actionOf(
  { service, mode, slots, surplus }: ServiceSituation,
  operations: readonly Operation[],
): ServiceChange['action'] {
  if (service.hook) return 'run';
  const does = (kind: Operation['kind']): boolean => operations.some((op) => op.kind === kind);
  if (operations.some(({ reason }) => reason === 'rollback')) return 'roll back';
  const replaces = slots.some((slot) => staleOf(slot) !== undefined);
  if (mode === 'forward' && replaces) return 'replace';
  if (slots.length === 0) return 'remove';
  if (does('create-container')) return slots.some(({ keep }) => keep) ? 'scale' : 'create';
  if (does('start-container')) return 'start';
  if (does('apply-files')) return 'reload';
  return surplus.length > 0 ? 'scale' : 'update';
}

/** The container of another spec that is replaced in this place. */
const staleOf = ({ previous, spent }: Slot): ObservedContainer | undefined =>
  previous ?? spent.find(({ state }) => state !== 'dead');

function causeOf(
  context: Context,
  situation: ServiceSituation,
  operations: readonly Operation[],
  action: ServiceChange['action'],
): string {
  if (action === 'roll back') {
    const mark = failedMark(context.input.failed, situation.service);
    if (mark) return `${mark.reason}: ${mark.message}`;
  }
  const stale = situation.slots.map(staleOf).find((container) => container !== undefined);
  if (action === 'replace' && stale) return replaceCause(context, situation, stale);
  if (action === 'update') return [...new Set(operations.map((op) => op.cause))].join('; ');
  const telling = operations.find(({ kind }) => TELLING.has(kind)) ?? operations[0];
  return telling?.cause ?? '';
}

const TELLING: ReadonlySet<Operation['kind']> = new Set([
  'create-container',
  'start-container',
  'apply-files',
]);

function downtimeFor(
  context: Context,
  situation: ServiceSituation,
  operations: readonly Operation[],
  action: ServiceChange['action'],
): string | undefined {
  if (action === 'replace') return downtimeOf(context, situation, operations);
  if (action === 'update') return reconnection(operations);
  const restarts = operations.some(
    (operation) => operation.kind === 'apply-files' && operation.action.kind === 'restart',
  );
  return action === 'reload' && restarts && situation.slots.length === 1
    ? 'it is restarted'
    : undefined;
}

/** Only where no other replica serves meanwhile. */
function downtimeOf(
  context: Context,
  { service, slots }: ServiceSituation,
  operations: readonly Operation[],
): string | undefined {
  const remade = service.networks.find(
    (network) =>
      context.done.networks.has(network) && context.observed.networkNamed(network) !== undefined,
  );
  if (remade) return `network ${remade} is made anew`;
  const { order, reason, parallelism } = service.strategy;
  const early = context.done.retired;
  const moves = operations.find(
    ({ kind, cause }) => kind === 'stop-container' && cause.startsWith('host port '),
  );
  if (moves && [...early.values()].flat().includes(moves.id)) return moves.cause;
  if (order === 'start-first') return undefined;
  const replaced = slots.filter(({ previous, keep }) => previous && !(keep && isUp(keep)));
  if (replaced.length === 0) return undefined;
  return slots.length === 1 || parallelism >= slots.length ? reason : undefined;
}
