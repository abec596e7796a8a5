/** Which services can go on, and what is in the way of the others. */
import type { Blocker, ObservedContainer, ObservedUnit } from '../../../schemas/domain/index.ts';
import { readiness } from '../health/readiness.ts';
import type { Mode } from './context.ts';
import type { HardenedObject, HardenedService, HardenedUnit } from './harden-unit.ts';
import type { FailedMarkLike, PlanInput } from './input.ts';
import { restState } from './rest-state.ts';
import type { ServiceSlots, Slot } from './slots.ts';

export interface ModeInput {
  readonly input: PlanInput;
  readonly hardened: HardenedUnit;
  readonly slots: ReadonlyMap<string, ServiceSlots>;
  /** Names of networks and volumes a service cannot be given, with the reason. */
  readonly obstacles: ReadonlyMap<string, Blocker>;
}

export interface Modes {
  readonly modes: ReadonlyMap<string, Mode>;
  readonly blockers: readonly Blocker[];
}

export function modesOf({ input, hardened, slots, obstacles }: ModeInput): Modes {
  const modes = new Map<string, Mode>();
  const blockers: Blocker[] = [];
  for (const [name, service] of hardened.services) {
    const own = slots.get(name) ?? { slots: [], surplus: [] };
    const found = serviceBlockers(service, own, obstacles, input.observed, slots);
    blockers.push(...found);
    modes.set(name, modeOf({ input, service, own, blocked: found.length > 0, modes }));
  }
  return { modes, blockers };
}

function modeOf({
  input,
  service,
  own,
  blocked,
  modes,
}: {
  readonly input: PlanInput;
  readonly service: HardenedService;
  readonly own: ServiceSlots;
  readonly blocked: boolean;
  /** Of the services it may depend on. */
  readonly modes: ReadonlyMap<string, Mode>;
}): Mode {
  if (blocked) return 'blocked';
  const failed = failedMark(input.failed, service);
  if (failed && !recovered(service, own, input.now)) return 'failed';
  const isHeld = Object.entries(service.spec.depends_on ?? {}).some(
    ([name, { required }]) => required && (modes.get(name) ?? 'forward') !== 'forward',
  );
  return isHeld ? 'held' : 'forward';
}

export const failedMark = (
  failed: readonly FailedMarkLike[],
  { service, specHash }: Pick<HardenedService, 'service' | 'specHash'>,
): FailedMarkLike | undefined =>
  failed.find((mark) => mark.service === service && mark.specHash === specHash);

/** It got well after all, with nothing to go back to: the mark has lost its meaning. */
function recovered({ strategy }: HardenedService, { slots }: ServiceSlots, now: number): boolean {
  return slots.every(({ keep, previous }) => {
    if (!keep || previous) return false;
    const steady = keep.health === 'healthy' || keep.restartCount === 0;
    return steady && readiness(keep, 'ready', strategy.unchangedMs, now).ready;
  });
}

function serviceBlockers(
  service: HardenedService,
  { slots }: ServiceSlots,
  obstacles: ReadonlyMap<string, Blocker>,
  observed: ObservedUnit,
  all: ReadonlyMap<string, ServiceSlots>,
): readonly Blocker[] {
  const blockers: Blocker[] = [];
  for (const name of [...service.networks.map(({ network }) => network), ...service.volumes]) {
    const obstacle = obstacles.get(name);
    if (obstacle) blockers.push({ ...obstacle, service: service.service });
  }
  for (const { desired, keep } of slots) {
    if (keep?.name === desired.name) continue;
    const blocker = nameTaken(service, desired.name, observed);
    if (blocker) blockers.push(blocker);
  }
  const starts = slots.some((slot) => needsStart(service, slot));
  return starts ? [...blockers, ...portConflicts(service, observed, all)] : blockers;
}

function nameTaken(
  { service }: HardenedService,
  name: string,
  observed: ObservedUnit,
): Blocker | undefined {
  const holder = observed.containerNamed(name);
  if (!holder || isOwn(observed, holder)) return undefined;
  const message = `container name ${name} is held by ${whose(holder)}; remove or rename that one`;
  return { reason: 'NameTaken', message, service };
}

function portConflicts(
  { service, ports }: HardenedService,
  observed: ObservedUnit,
  all: ReadonlyMap<string, ServiceSlots>,
): readonly Blocker[] {
  return ports.flatMap((port) => {
    const holder = observed.portHolder(port);
    if (!holder || isOwn(observed, holder)) {
      const other = holder?.owner?.service;
      if (!holder || other === service || !stays(holder, all)) return [];
    }
    const message = `host port ${port.port}/${port.protocol} is held by ${whose(holder)}`;
    return [{ reason: 'PortConflict', message, service }];
  });
}

/** As asked for where it is, so it will not make room. */
const stays = (holder: ObservedContainer, all: ReadonlyMap<string, ServiceSlots>): boolean =>
  all.get(holder.owner?.service ?? '')?.slots.some(({ keep }) => keep?.id === holder.id) ?? false;

function needsStart({ mutable }: HardenedService, { keep }: Slot): boolean {
  return keep === undefined || restState(keep, mutable.restartPolicy) === 'start';
}

const isOwn = (observed: ObservedUnit, holder: ObservedContainer): boolean =>
  observed.containers.some(({ id }) => id === holder.id);

/** Whose container it is, for a person. */
export function whose({ name, owner }: ObservedContainer): string {
  return owner ? `container ${name} of app ${owner.app}` : `container ${name}, which is not ours`;
}

/** What stands in the way of the unit's networks and volumes. */
export function obstaclesOf(
  { observed, installation }: PlanInput,
  { networks, volumes }: HardenedUnit,
): ReadonlyMap<string, Blocker> {
  const obstacles = new Map<string, Blocker>();
  const check = (kind: 'network' | 'volume', object: HardenedObject): void => {
    const { name, external } = object;
    const present = kind === 'network' ? observed.networkNamed(name) : observed.volumeNamed(name);
    const blocker = external
      ? missingExternal(kind, name, present !== undefined)
      : takenObject(kind, name, present?.owner ?? (present ? null : undefined));
    if (blocker) obstacles.set(name, blocker);
  };
  const takenObject = (
    kind: string,
    name: string,
    owner: ObservedContainer['owner'] | null,
  ): Blocker | undefined => {
    if (owner === undefined) return undefined;
    if (owner?.app === observed.app && owner.installation === installation) return undefined;
    const holder = owner ? `belongs to app ${owner.app}` : 'is not ours';
    const message = `${kind} ${name} exists and ${holder}; declare it external to use it`;
    return { reason: 'NameTaken', message };
  };
  for (const network of networks) check('network', network);
  for (const volume of volumes) check('volume', volume);
  return obstacles;
}

function missingExternal(
  kind: 'network' | 'volume',
  name: string,
  present: boolean,
): Blocker | undefined {
  if (present) return undefined;
  const reason = kind === 'network' ? 'NetworkNotFound' : 'VolumeNotFound';
  return { reason, message: `external ${kind} ${name} is not on the host; create it there` };
}
