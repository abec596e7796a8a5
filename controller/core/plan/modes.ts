/** Which services can go on, and what is in the way of the others. */
import { hostServices } from '../../../engine/references.ts';
import type {
  Blocker,
  ObservedContainer,
  ObservedNetwork,
  ObservedUnit,
  ObservedVolume,
} from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import { composedAs } from './adopt/candidates.ts';
import type { Mode } from './context.ts';
import { hasFailed } from './failures.ts';
import { isSameSpec } from './harden.ts';
import type { HardenedObject, HardenedService, HardenedUnit } from './harden-unit.ts';
import { holdForHooks, isStopped } from './hook-modes.ts';
import { isFor } from './images.ts';
import type { PlanInput } from './input.ts';
import { restState } from './rest-state.ts';
import { isEmpty, type ServiceSlots, type Slot } from './slots.ts';

export interface ModeInput {
  readonly input: PlanInput;
  readonly hardened: HardenedUnit;
  readonly slots: ReadonlyMap<string, ServiceSlots>;
  /** Names of networks and volumes a service cannot be given, with the reason. */
  readonly obstacles: ReadonlyMap<string, Blocker>;
}

export interface Modes {
  /** A hook before the rollout cannot go on: nothing is replaced or removed. */
  readonly isStopped: boolean;
  readonly modes: ReadonlyMap<string, Mode>;
  readonly blockers: readonly Blocker[];
}

export function modesOf(given: ModeInput): Modes {
  const blocked = new Map<string, readonly Blocker[]>();
  for (const service of given.hardened.services.values()) {
    blocked.set(service.service, obstructions(given, service));
  }
  let modes = modesGiven(given, blocked);
  // A service that stays keeps its host ports, which may stop another one in turn.
  while (addPortConflicts(given, modes, blocked)) modes = modesGiven(given, blocked);
  return {
    modes,
    blockers: [...blocked.values()].flat(),
    isStopped: isStopped(given, modes),
  };
}

/** @returns whether another service turned out to be blocked. */
function addPortConflicts(
  given: ModeInput,
  modes: ReadonlyMap<string, Mode>,
  blocked: Map<string, readonly Blocker[]>,
): boolean {
  let isMore = false;
  for (const [name, service] of given.hardened.services) {
    if (modes.get(name) !== 'forward' || blocked.get(name)?.length) continue;
    const conflicts = portConflicts(given, service, modes);
    if (conflicts.length === 0) continue;
    blocked.set(name, conflicts);
    isMore = true;
  }
  return isMore;
}

function modesGiven(
  given: ModeInput,
  blocked: ReadonlyMap<string, readonly Blocker[]>,
): ReadonlyMap<string, Mode> {
  const { input, hardened, slots } = given;
  const modes = new Map<string, Mode>();
  for (const [name, service] of hardened.services) {
    const own = slots.get(name) ?? NO_SLOTS;
    const isBlocked = (blocked.get(name)?.length ?? 0) > 0;
    modes.set(name, isBlocked ? 'blocked' : modeOf(input, service, own, modes));
  }
  holdForHooks(given, modes);
  return modes;
}

const NO_SLOTS: ServiceSlots = { slots: [], surplus: [] };

function modeOf(
  input: PlanInput,
  service: HardenedService,
  own: ServiceSlots,
  /** Of the services it may depend on. */
  modes: ReadonlyMap<string, Mode>,
): Mode {
  if (hasFailed(input.failed, { service, slots: own.slots }, input.now)) return 'failed';
  const isHeld = Object.entries(service.spec.depends_on ?? {}).some(
    ([name, { required }]) => required && (modes.get(name) ?? 'forward') !== 'forward',
  );
  const isHomeless = hostServices(service.spec).some(
    (name) => (modes.get(name) ?? 'forward') !== 'forward',
  );
  return isHeld || isHomeless ? 'held' : 'forward';
}

/** What is in the way of a service, host ports apart. */
function obstructions(
  { input, slots, obstacles }: ModeInput,
  service: HardenedService,
): readonly Blocker[] {
  const own = slots.get(service.service)?.slots ?? [];
  const blockers: Blocker[] = own.some(isEmpty) ? imageObstacles(service, input.observed) : [];
  for (const name of [...service.networks, ...service.volumes]) {
    const obstacle = obstacles.get(name);
    if (obstacle) blockers.push({ ...obstacle, service: service.service });
  }
  for (const { desired, keep, previous, completed } of own) {
    if (completed || keep?.name === desired.name) continue;
    const isVacant = keep === undefined && previous === undefined;
    const blocker =
      nameTaken(input, service, desired.name) ??
      (isVacant ? runsAlready(input, service, desired.number) : undefined);
    if (blocker) blockers.push(blocker);
  }
  return blockers;
}

/** Known before anything is stopped: an image that may not be pulled, or cannot run here. */
function imageObstacles(
  { service, image: { reference, forbidden, image, platform } }: HardenedService,
  { engine }: ObservedUnit,
): Blocker[] {
  if (forbidden) {
    const message = `${reference} is not on the host, and its pull_policy is never`;
    return [{ reason: 'ImageNotFound', message, service }];
  }
  if (!image || platform !== undefined || isFor(image, engine)) return [];
  const message =
    `${reference} is for ${image.os}/${image.architecture}, ` +
    `this host is ${engine.os}/${engine.architecture}; name the platform to run it all the same`;
  return [{ reason: 'PlatformMismatch', message, service }];
}

function nameTaken(
  input: PlanInput,
  { service }: HardenedService,
  name: string,
): Blocker | undefined {
  const { observed } = input;
  const holder = observed.containerNamed(name);
  if (!holder || isOwn(observed, holder)) return undefined;
  const message = `container name ${name} is held by ${whose(holder)}; remove or rename that one${takeOver(input, holder)}`;
  return { reason: 'NameTaken', message, service };
}

/** Under another name, by another program: a second one beside it is not what anyone wants. */
function runsAlready(
  { observed, unit }: PlanInput,
  { service }: HardenedService,
  number: number,
): Blocker | undefined {
  if (!unit) return undefined;
  const found = composedAs(unit.model, service, observed).find(
    ({ compose }) => (compose?.number ?? 1) === number,
  );
  if (!found) return undefined;
  const { name } = unit.model;
  const message = `${service} runs already as ${whose(found)}, made by Docker Compose for a project of that name (${name}): take it over with spec.adopt: true, remove it, or set another spec.projectName`;
  return { reason: 'NameTaken', message, service };
}

function portConflicts(
  { input: { observed }, slots }: ModeInput,
  service: HardenedService,
  modes: ReadonlyMap<string, Mode>,
): readonly Blocker[] {
  const own = slots.get(service.service) ?? NO_SLOTS;
  if (!own.slots.some((slot) => needsStart(service, slot))) return [];
  return service.ports.flatMap((port) => {
    const holder = observed.portHolder(port);
    if (!holder || holder.owner?.service === service.service) return [];
    if (isOwn(observed, holder) && !stays(holder, slots, modes)) return [];
    const message = `host port ${port.port}/${port.protocol} is held by ${whose(holder)}`;
    return [{ reason: 'PortConflict', message, service: service.service }];
  });
}

/** It is as asked for where it is, or its service cannot go on: either way it makes no room. */
function stays(
  holder: ObservedContainer,
  slots: ReadonlyMap<string, ServiceSlots>,
  modes: ReadonlyMap<string, Mode>,
): boolean {
  const name = holder.owner?.service ?? '';
  const own = slots.get(name);
  if (!own || own.surplus.includes(holder)) return false;
  if (modes.get(name) !== 'forward') return true;
  return own.slots.some(({ keep }) => keep?.id === holder.id);
}

function needsStart({ mutable }: HardenedService, { keep, completed }: Slot): boolean {
  if (completed) return false;
  return keep === undefined || restState(keep, mutable.restartPolicy) === 'start';
}

const isOwn = (observed: ObservedUnit, holder: ObservedContainer): boolean =>
  observed.containers.some(({ id }) => id === holder.id);

/** What adoption could do about it, or why it does not. */
function takeOver(
  { app, unit }: PlanInput,
  { owner, compose }: Pick<ObservedContainer, 'owner' | 'compose'>,
): string {
  if (owner || !app) return '';
  if (!app.adopt) return ', or take it over with spec.adopt: true';
  return compose && compose.project !== unit?.model.name
    ? `; it is of the Compose project ${compose.project}, so it is not taken over`
    : '; it is not of a kind that is taken over';
}

/** Whose container it is, for a person. */
export function whose({ name, owner }: ObservedContainer): string {
  return owner ? `container ${name} of app ${owner.app}` : `unmanaged container ${name}`;
}

/** What stands in the way of the unit's networks and volumes, by name. */
export function obstaclesOf(
  input: PlanInput,
  { networks, volumes }: HardenedUnit,
): ReadonlyMap<string, Blocker> {
  const { observed } = input;
  const obstacles = new Map<string, Blocker>();
  const note = (name: string, blocker: Blocker | undefined): void => {
    if (blocker) obstacles.set(name, blocker);
  };
  for (const network of networks) {
    const present = observed.networkNamed(network.name);
    note(network.name, objectObstacle(input, 'network', network, present));
    if (present && !network.external && !obstacles.has(network.name)) {
      note(network.name, remakeObstacle(observed, network, present));
    }
  }
  for (const volume of volumes) {
    const present = observed.volumeNamed(volume.name);
    note(volume.name, objectObstacle(input, 'volume', volume, present));
  }
  return obstacles;
}

function objectObstacle(
  input: PlanInput,
  kind: 'network' | 'volume',
  { name, external }: HardenedObject,
  present: ObservedNetwork | ObservedVolume | undefined,
): Blocker | undefined {
  const { observed, installation } = input;
  if (external) return present ? undefined : missingExternal(kind, name);
  if (!present) return undefined;
  const { owner } = present;
  if (owner?.app === observed.app && owner.installation === installation) return undefined;
  const holder = owner ? `belongs to app ${owner.app}` : 'is unmanaged';
  const message = `${kind} ${name} exists and ${holder}; declare it external to use it${takeOver(input, present)}`;
  return { reason: 'NameTaken', message };
}

function missingExternal(kind: 'network' | 'volume', name: string): Blocker {
  const reason = kind === 'network' ? 'NetworkNotFound' : 'VolumeNotFound';
  return { reason, message: `external ${kind} ${name} is not on the host; create it there` };
}

function remakeObstacle(
  observed: ObservedUnit,
  { name, specHash }: HardenedObject,
  present: ObservedNetwork,
): Blocker | undefined {
  if (isSameSpec(present.owner?.specHash ?? '', specHash)) return undefined;
  const stranger = strangerOn(observed, present.id);
  if (!stranger) return undefined;
  const message = `network ${name} has to be made anew, but ${whose(stranger)} is connected to it`;
  return { reason: 'NameTaken', message };
}

/** A container that is not the unit's and keeps the network from being removed. */
export function strangerOn(
  observed: ObservedUnit,
  networkId: string,
): ObservedContainer | undefined {
  return observed
    .attachedTo?.(networkId)
    .find((container) => isUp(container) && !isOwn(observed, container));
}
