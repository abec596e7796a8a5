/** The single steps that replacing, healing and removing containers are made of. */
import { containerHooks } from '../../../engine/hooks.ts';
import type { ContainerHook, ObservedContainer, Operation } from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import { type Context, nameNow } from './context.ts';
import { append } from './draft.ts';
import { durationMs } from './duration.ts';
import type { Attachment, HardenedContainer, HardenedService } from './harden-unit.ts';
import { isParked, parkedName } from './names.ts';

export interface Why {
  readonly cause: string;
  readonly reason: Operation['reason'];
  readonly dependsOn: readonly string[];
}

const ENGINE_STOP_TIMEOUT_S = 10;

export function stop(context: Context, container: ObservedContainer, why: Why): readonly string[] {
  const known = context.done.retired.get(container.id);
  if (known) return known;
  if (!isUp(container)) return [];
  const id = append(context.draft, {
    kind: 'stop-container',
    target: container.id,
    timeoutS: stopTimeoutS(context, container),
    ...hooksOf(context, container.owner?.service, 'pre_stop'),
    ...about(context, container),
    ...why,
  });
  context.done.retired.set(container.id, [id]);
  return [id];
}

/** As it was created with; else what its service asks for now; else the engine's own. */
export function stopTimeoutS(context: Context, container: ObservedContainer): number {
  if (container.stopTimeoutS !== undefined) return container.stopTimeoutS;
  const spec = context.unit.model.services[container.owner?.service ?? ''];
  return Math.ceil(durationMs(spec?.stop_grace_period, ENGINE_STOP_TIMEOUT_S * 1_000) / 1_000);
}

/** As the service says now, as of Compose; of a service that is no more nobody knows. */
export function hooksOf(
  context: Context,
  service: string | undefined,
  phase: 'post_start' | 'pre_stop',
): { readonly hooks?: readonly ContainerHook[] } {
  const hooks = containerHooks(context.unit.model.services[service ?? '']?.[phase]);
  return hooks.length > 0 ? { hooks } : {};
}

/** Stops and removes. @returns the removal's id, which is the last. */
export function remove(context: Context, container: ObservedContainer, why: Why): string {
  const known = context.done.removed.get(container.id);
  if (known) return known;
  const stopped = stop(context, container, why);
  const id = append(context.draft, {
    kind: 'remove-container',
    target: container.id,
    ...about(context, container),
    ...why,
    dependsOn: [...why.dependsOn, ...stopped],
  });
  context.done.removed.set(container.id, id);
  if (!context.done.released.has(container.id)) context.done.released.set(container.id, id);
  return id;
}

export function rename(
  context: Context,
  container: ObservedContainer,
  name: string,
  why: Why,
): string {
  const id = append(context.draft, {
    kind: 'rename-container',
    target: container.id,
    name,
    ...about(context, container),
    ...why,
  });
  context.done.renamed.set(container.id, name);
  context.done.released.set(container.id, id);
  return id;
}

/** Gives it the name under which it is known as set aside, so that a stop of it is ours. */
export function park(
  context: Context,
  container: ObservedContainer,
  base: string,
  why: Why,
): readonly string[] {
  if (isParked(nameNow(context, container))) return [];
  return [rename(context, container, parkedName(base, container.id), why)];
}

/** Sets a running container aside: renamed first, so that a crash in between loses nothing. */
export function retire(
  context: Context,
  container: ObservedContainer,
  base: string,
  why: Why,
): readonly string[] {
  const known = context.done.retired.get(container.id);
  if (known) return known;
  const parked = park(context, container, base, why);
  const stopped = stop(context, container, { ...why, dependsOn: [...why.dependsOn, ...parked] });
  const last = stopped.length > 0 ? stopped : parked;
  context.done.retired.set(container.id, last);
  return last;
}

/**
 * Makes a name free for `self`. @returns the operations to wait for; a stranger that holds it is
 * a blocker, found before.
 */
export function freeName(
  context: Context,
  name: string,
  self: ObservedContainer | undefined,
  why: Why,
): readonly string[] {
  const holder = context.observed.containerNamed(name);
  if (!holder || holder.id === self?.id) return [];
  const released = context.done.released.get(holder.id);
  if (released) return [released];
  if (holder.state === 'removing') return [];
  return park(context, holder, name, why);
}

/** Creates and starts. @returns the start's id and the name it was created under. */
export function launch(
  context: Context,
  service: HardenedService,
  desired: HardenedContainer,
  options: {
    readonly name: string;
    readonly why: Why;
    /** What the start waits for besides the create; may add operations after it. */
    readonly startAfter: (created: string) => readonly string[];
  },
): string {
  const { name, why, startAfter } = options;
  const common = { service: service.service, resource: name, ...why };
  const created = append(context.draft, {
    kind: 'create-container',
    name,
    body: desired.body,
    specHash: service.specHash,
    ...(service.filesRecord && { files: service.filesRecord }),
    ...common,
  });
  return append(context.draft, {
    kind: 'start-container',
    target: name,
    first: true,
    ...hooksOf(context, service.service, 'post_start'),
    ...common,
    dependsOn: [created, ...startAfter(created)],
  });
}

export function connect(
  context: Context,
  container: ObservedContainer,
  { network, body }: Pick<Attachment, 'network' | 'body'>,
  why: Why,
): string {
  return append(context.draft, {
    kind: 'connect-network',
    network,
    target: container.id,
    body,
    ...about(context, container),
    ...why,
  });
}

export function disconnect(
  context: Context,
  container: ObservedContainer,
  network: string,
  why: Why,
): string {
  const key = `${container.id} ${network}`;
  const known = context.done.left.get(key);
  if (known) return known;
  const id = append(context.draft, {
    kind: 'disconnect-network',
    network,
    target: container.id,
    ...about(context, container),
    ...why,
  });
  context.done.left.set(key, id);
  return id;
}

export function about(
  context: Context,
  container: ObservedContainer,
): { readonly resource: string; readonly service?: string } {
  const service = container.owner?.service;
  return { resource: nameNow(context, container), ...(service !== undefined && { service }) };
}
