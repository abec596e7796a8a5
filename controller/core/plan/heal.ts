/** Brings a container that is as asked for back to where it should be (decision 2). */
import { compact } from '../../../engine/body.ts';
import { updateBody } from '../../../engine/mutable.ts';
import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import { attachmentChanges } from './attachment-changes.ts';
import type { Context, ServiceSituation } from './context.ts';
import { nameNow } from './context.ts';
import { append } from './draft.ts';
import type { Attachment } from './harden-unit.ts';
import { renderChanges } from './keep-fields.ts';
import { mutableChanges } from './mutable-changes.ts';
import { isParked } from './names.ts';
import { isStoppedFromOutside, restState } from './rest-state.ts';
import { about, connect, disconnect, freeName, hooksOf, rename, type Why } from './steps.ts';

export type Fix = Pick<Why, 'dependsOn'>;

/**
 * Networks it lacks, has too many of, or is attached to under an id that is no more.
 * @param mode the service's network mode, where it has one.
 */
export function healNetworks(
  context: Context,
  container: ObservedContainer,
  wanted: readonly Attachment[],
  fix: Fix,
  mode?: string,
): readonly string[] {
  const ids: string[] = [];
  const why = (cause: string, dependsOn: readonly string[]): Why => ({
    cause,
    reason: context.reason,
    dependsOn,
  });
  for (const attachment of wanted) {
    const { network } = attachment;
    const made = context.done.networks.get(network);
    const before = made ? [...fix.dependsOn, made] : fix.dependsOn;
    const fault = attachmentFault(context, container, attachment);
    if (fault === undefined) continue;
    const attached = container.networks.some(({ name }) => name === network);
    const freed = attached ? [disconnect(context, container, network, why(fault, before))] : [];
    ids.push(connect(context, container, attachment, why(fault, [...before, ...freed])));
  }
  for (const { name } of container.networks) {
    if (wanted.some(({ network }) => network === name) || isOfMode(name, mode)) continue;
    const cause = `not declared to be in network ${name}`;
    ids.push(disconnect(context, container, name, why(cause, fix.dependsOn)));
  }
  return ids;
}

/** A network mode is an attachment too, as the engine shows it. */
const isOfMode = (network: string, mode: string | undefined): boolean =>
  network === (mode === 'default' ? 'bridge' : mode);

/** Repairs only attachments to networks that were made anew: for a container of another spec. */
export function healStaleNetworks(
  context: Context,
  container: ObservedContainer,
  fix: Fix,
): readonly string[] {
  const kept = container.networks.map(({ name, aliases, ipv4 = '', ipv6 = '' }) => ({
    network: name,
    aliases,
    ipv4,
    ipv6,
    body: compact({
      Aliases: aliases,
      IPAMConfig: compact({ IPv4Address: ipv4, IPv6Address: ipv6 }),
    }),
  }));
  return healNetworks(context, container, kept, fix);
}

function attachmentFault(
  context: Context,
  container: ObservedContainer,
  wanted: Attachment,
): string | undefined {
  const { network } = wanted;
  const attached = container.networks.find(({ name }) => name === network);
  if (!attached) return `not connected to network ${network}`;
  const present = context.observed.networkNamed(network);
  const remade = context.done.networks.has(network) || (present && present.id !== attached.id);
  if (attached.id !== '' && remade) return `network ${network} was made anew`;
  const changes = attachmentChanges(attached, wanted, container.name);
  return changes.length > 0 ? renderChanges(changes) : undefined;
}

/** Resources and restart policy, in place. */
export function healMutable(
  context: Context,
  { service }: ServiceSituation,
  container: ObservedContainer,
  fix: Fix,
): readonly string[] {
  const changed = mutableChanges(container.mutable, service.mutable);
  if (changed.length === 0) return [];
  const body = updateBody(container.mutable, service.mutable);
  if (!body) return [];
  const id = append(context.draft, {
    kind: 'update-container',
    target: container.id,
    body,
    ...about(context, container),
    cause: renderChanges(changed),
    reason: context.reason,
    dependsOn: fix.dependsOn,
  });
  return [id];
}

/** @returns the cause when it must be started, else undefined. */
export function startCause(
  container: ObservedContainer,
  restartPolicy: string,
): string | undefined {
  if (restState(container, restartPolicy) !== 'start') return undefined;
  if (container.state === 'created') return 'created, but not started';
  if (isParked(container.name)) return 'was set aside';
  const by = isStoppedFromOutside(container) ? ' from outside' : '';
  return `exited (${container.exitCode})${by}`;
}

export function start(context: Context, container: ObservedContainer, why: Why): string {
  return append(context.draft, {
    kind: 'start-container',
    target: container.id,
    ...(container.state === 'created' && { first: true }),
    ...hooksOf(context, container.owner?.service, 'post_start'),
    ...about(context, container),
    ...why,
  });
}

export function unpause(
  context: Context,
  container: ObservedContainer,
  fix: Fix,
): readonly string[] {
  if (container.state !== 'paused') return [];
  const id = append(context.draft, {
    kind: 'unpause-container',
    target: container.id,
    ...about(context, container),
    cause: 'paused from outside',
    reason: context.reason,
    dependsOn: fix.dependsOn,
  });
  return [id];
}

/** Gives it its name back, or for the first time, once nothing else holds it. */
export function healName(
  context: Context,
  container: ObservedContainer,
  name: string,
  why: Why,
): readonly string[] {
  if (nameNow(context, container) === name) return [];
  const freed = freeName(context, name, container, why);
  return [rename(context, container, name, { ...why, dependsOn: [...why.dependsOn, ...freed] })];
}
