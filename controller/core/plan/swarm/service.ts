import { parseApplied } from '../../../../engine/swarm/applied.ts';
import { compareFields, type FieldChange } from '../../../../engine/swarm/compare-fields.ts';
import { fieldText } from '../../../../engine/swarm/field-words.ts';
import { baseOf } from '../../../../engine/swarm/observed.ts';
import type { Blocker, SwarmService } from '../../../../schemas/domain/index.ts';
import { append } from '../draft.ts';
import { ownService, type StackContext } from './context.ts';
import { safeUpdateText } from './defaults.ts';
import { dependencyGate } from './dependencies.ts';
import { counts } from './failures.ts';
import { fileObstacle } from './file.ts';
import type { HardenedSwarmService } from './harden-stack.ts';
import { networkObstacle } from './network.ts';
import { modeOf } from './tasks.ts';

/** Creates, updates or replaces one service, or leaves it exactly as it is. */
export function planSwarmService(context: StackContext, service: HardenedSwarmService): void {
  const obstacle = obstacleOf(context, service);
  if (obstacle) {
    context.draft.blockers.push({ ...obstacle, service: service.service });
    context.stuck.add(service.service);
    return;
  }
  if (hasFailed(context, service)) {
    context.stuck.add(service.service);
    return;
  }
  const present = ownService(context, service.name);
  if (!present) add(context, service);
  else if (present.fields['Mode'] !== service.fields['Mode']) replace(context, service, present);
  else update(context, service, present);
}

/** A spec that ran and failed is not tried again (decision 8). */
const hasFailed = (context: StackContext, { service }: HardenedSwarmService): boolean =>
  context.input.failed.some((mark) => mark.service === service && counts(context, mark));

function obstacleOf(context: StackContext, service: HardenedSwarmService): Blocker | undefined {
  const { swarm } = context;
  const holder = swarm.serviceNamed(service.name);
  if (holder && !ownService(context, service.name)) {
    const whose = holder.owner ? `belongs to ${holder.owner.app}` : 'is unmanaged';
    return { reason: 'NameTaken', message: `service ${service.name} exists and ${whose}` };
  }
  const networks = service.networks.map((name) => networkObstacle(context, name));
  const files = service.files.map(({ kind, name }) => fileObstacle(context, kind, name));
  return [...networks, ...files].find((obstacle) => obstacle !== undefined);
}

/** What it names must be there first. */
function materials({ done }: StackContext, service: HardenedSwarmService): readonly string[] {
  const names = [
    ...service.networks.map((name) => `network ${name}`),
    ...service.files.map(({ kind, name }) => `${kind} ${name}`),
  ];
  return [...done.apps, ...names.flatMap((name) => done.objects.get(name) ?? [])];
}

/** What it depends on comes first; undefined where that cannot get there. */
function gateOf(
  context: StackContext,
  service: HardenedSwarmService,
): readonly string[] | undefined {
  const gate = dependencyGate(context, service);
  if (gate !== 'stuck') return gate;
  context.stuck.add(service.service);
  return undefined;
}

function add(context: StackContext, service: HardenedSwarmService): void {
  const gate = gateOf(context, service);
  if (!gate) return;
  const cause = 'does not exist';
  create(context, service, cause, gate);
  context.draft.changes.push({ service: service.service, action: 'create', cause });
}

function create(
  context: StackContext,
  service: HardenedSwarmService,
  cause: string,
  after: readonly string[],
): void {
  const id = append(context.draft, {
    kind: 'create-service',
    name: service.name,
    body: service.body,
    service: service.service,
    resource: service.name,
    cause,
    reason: 'change',
    dependsOn: [...materials(context, service), ...after],
  });
  context.done.services.set(service.service, id);
}

/**
 * Its mode, as its name, cannot change. What serves is removed only where the new one can be made
 * at once.
 */
function replace(
  context: StackContext,
  service: HardenedSwarmService,
  present: SwarmService,
): void {
  const gate = gateOf(context, service);
  if (!gate) return;
  const cause = `deploy.mode: ${modeOf(present)} -> ${String(JSON.parse(service.fields['Mode'] ?? '""'))}`;
  const removed = append(context.draft, {
    kind: 'remove-service',
    target: present.id,
    service: service.service,
    resource: service.name,
    cause,
    reason: 'change',
    dependsOn: [...materials(context, service), ...gate],
  });
  create(context, service, cause, [...gate, removed]);
  const downtime = 'a service cannot change its mode: it is made anew';
  context.draft.changes.push({ service: service.service, action: 'replace', downtime, cause });
}

function update(context: StackContext, service: HardenedSwarmService, present: SwarmService): void {
  const changes = changesOf(context, service, present);
  if (changes.length === 0) return;
  const reason = changes.every((change) => change.reason === 'drift') ? 'drift' : 'change';
  const gate = reason === 'drift' ? [] : gateOf(context, service);
  if (!gate) return;
  // Fields are JSON: a value stands there as it is written there.
  const secrets = [...context.app.secretValues]
    .map((value) => JSON.stringify(value).slice(1, -1))
    .filter((value) => value !== '');
  const isSecret = (text: string) => secrets.some((value) => text.includes(value));
  const cause = changes.map((change) => fieldText(change, isSecret)).join(', ');
  const id = append(context.draft, {
    kind: 'update-service',
    target: present.id,
    body: service.body,
    base: baseOf(present.fields),
    keepReplicas: service.ignoresReplicas,
    service: service.service,
    resource: service.name,
    cause,
    reason,
    dependsOn: [...materials(context, service), ...gate],
  });
  context.done.services.set(service.service, id);
  const restarts = changes.some(isOfTemplate);
  const downtime = restarts ? downtimeOf(service) : undefined;
  context.draft.changes.push({
    service: service.service,
    action: 'update',
    ...(downtime !== undefined && { downtime }),
    cause:
      restarts && service.safeUpdate ? `${cause}; ${safeUpdateText(service.safeUpdate)}` : cause,
  });
}

/** The fields that are to be written; none of a job but where git asks for another run. */
function changesOf(
  { input, unit }: StackContext,
  service: HardenedSwarmService,
  present: SwarmService,
): readonly FieldChange[] {
  const all = compareFields(present.fields, service.fields, parseApplied(present.applied))
    .filter(({ path }) => !(service.ignoresReplicas && path === 'Mode.Replicas'))
    // This very content converged here before: whatever moved it since, it was not git.
    .map((change) =>
      input.lastApplied === unit.fingerprint ? { ...change, reason: 'drift' as const } : change,
    );
  if (!service.isJob) return all;
  return all.some((change) => isOfTemplate(change) && change.reason === 'change') ? all : [];
}

const SERVICE_ONLY = /^(?:Labels|Mode|UpdateConfig|RollbackConfig)(?:\.|$)/;

/** Whether tasks are made anew for it. */
const isOfTemplate = ({ path }: FieldChange): boolean => !SERVICE_ONLY.test(path);

function downtimeOf({ spec, fields }: HardenedSwarmService): string | undefined {
  const { order, parallelism = 1 } = spec.deploy?.update_config ?? {};
  if (order === 'start-first' || spec.deploy?.mode?.startsWith('global')) return undefined;
  const replicas = Number(fields['Mode.Replicas'] ?? 1);
  if (replicas > Math.max(1, parallelism) && parallelism !== 0) return undefined;
  return 'its tasks stop before new ones start; update_config.order: start-first avoids it';
}
