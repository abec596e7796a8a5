/**
 * Takes over what others made (decision 19), where the app asks for it. The unit is planned as it
 * will be seen once the agent has written down whose these objects are: the same spec leaves
 * nothing to do, another one is an ordinary replacement.
 */
import type {
  Blocker,
  ObservedContainer,
  ObservedNetwork,
  ObservedUnit,
  ObservedVolume,
  OperationOf,
  Owner,
} from '../../../../schemas/domain/index.ts';
import { compareText, OTHER_SPEC } from '../../../../schemas/domain/index.ts';
import type { HardenedUnit } from '../harden-unit.ts';
import type { PlanInput } from '../input.ts';
import type { Candidate, Candidates } from './candidates.ts';
import { containerDifferences, networkDifferences, volumeDifferences } from './compared.ts';

export interface Adopted {
  /** The unit with what is taken over as its own. */
  readonly observed: ObservedUnit;
  readonly adoptions: readonly OperationOf<'adopt'>[];
  readonly blockers: readonly Blocker[];
}

type Input = Pick<PlanInput, 'installation' | 'observed'>;
type Adoption = OperationOf<'adopt'>;

export function adoptCandidates(
  input: Input,
  hardened: HardenedUnit,
  candidates: Candidates,
): Adopted {
  const containers = containersOf(input, hardened, candidates);
  const networks = networksOf(input, hardened, candidates);
  const volumes = volumesOf(input, hardened, candidates);
  const adoptions = [...networks, ...volumes.taken, ...containers].map(({ adoption }) => adoption);
  if (adoptions.length === 0) return { ...input, adoptions, blockers: volumes.blockers };
  const seen = {
    containers: containers.map(({ object }) => object),
    networks: networks.map(({ object }) => object),
    volumes: volumes.taken.map(({ object }) => object),
  };
  return { observed: withOwn(input.observed, seen), adoptions, blockers: volumes.blockers };
}

interface Taken<T> {
  readonly object: T;
  readonly adoption: Adoption;
}

function containersOf(
  input: Input,
  hardened: HardenedUnit,
  { containers }: Candidates,
): readonly Taken<ObservedContainer>[] {
  const named = withNames(input.observed, hardened, containers);
  return containers.flatMap(({ service: key, number, container }) => {
    const service = hardened.services.get(key);
    if (!service) return [];
    const changed = containerDifferences(service, container, number, named);
    const specHash = changed.length === 0 ? service.specHash : OTHER_SPEC;
    const owner = { ...ownerOf(input, specHash), service: key, number };
    const cause = changed.length === 0 ? AS_IT_IS : `differs in ${changed.join(', ')}`;
    const place = { object: 'container', target: container.id, key, number, specHash } as const;
    const adoption = { ...adoptionOf(place, container.name, cause), service: key };
    return [{ object: { ...container, owner, adopted: true }, adoption }];
  });
}

const AS_IT_IS = 'as it is';

/** Where the body names a container of the unit, the one that stands in its place is meant. */
function withNames(
  observed: ObservedUnit,
  { services }: HardenedUnit,
  candidates: readonly Candidate[],
): ObservedUnit {
  const byName = new Map<string, ObservedContainer>();
  for (const { service, number, container } of candidates) {
    const desired = services.get(service)?.containers.find((one) => one.number === number);
    if (desired) byName.set(desired.name, container);
  }
  return {
    ...observed,
    containerNamed: (name) => byName.get(name) ?? observed.containerNamed(name),
  };
}

function networksOf(
  input: Input,
  hardened: HardenedUnit,
  { networks }: Candidates,
): readonly Taken<ObservedNetwork>[] {
  return hardened.networks.flatMap((desired) => {
    const { key, name } = desired;
    const present = networks.get(key);
    if (!present) return [];
    const changed = networkDifferences(desired, present);
    const specHash = changed.length === 0 ? desired.specHash : OTHER_SPEC;
    const cause = changed.length === 0 ? AS_IT_IS : `differs in ${changed.join(', ')}`;
    const place = { object: 'network', target: present.id, key, number: 0, specHash } as const;
    const owner = { ...ownerOf(input, specHash), object: key };
    return [{ object: { ...present, owner }, adoption: adoptionOf(place, name, cause) }];
  });
}

/** One that differs is left to its owner: its settings cannot be changed, and it holds data. */
function volumesOf(input: Input, hardened: HardenedUnit, { volumes }: Candidates) {
  const taken: Taken<ObservedVolume>[] = [];
  const blockers: Blocker[] = [];
  for (const desired of hardened.volumes) {
    const { key, name, specHash } = desired;
    const present = volumes.get(key);
    if (!present) continue;
    const changed = volumeDifferences(desired, present);
    if (changed.length > 0) {
      const message = `volume ${name} is not taken over: it differs from ${key} in ${changed.join(', ')}; declare it as it is, or external`;
      blockers.push({ reason: 'VolumeDiverged', message });
      continue;
    }
    const place = { object: 'volume', target: name, key, number: 0, specHash } as const;
    const owner = { ...ownerOf(input, specHash), object: key };
    taken.push({ object: { ...present, owner }, adoption: adoptionOf(place, name, AS_IT_IS) });
  }
  return { taken, blockers };
}

const ownerOf = ({ installation, observed }: Input, specHash: string): Owner => ({
  installation,
  app: observed.app,
  specHash,
});

function adoptionOf(
  place: Pick<Adoption, 'object' | 'target' | 'key' | 'number' | 'specHash'>,
  name: string,
  cause: string,
): Adoption {
  return {
    kind: 'adopt',
    ...place,
    id: `adopt ${place.object} ${name}`,
    resource: `${place.object} ${name}`,
    cause,
    reason: 'change',
    dependsOn: [],
  };
}

interface Own {
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
}

/** Whoever asks for one of these objects, by whatever name, gets it as ours. */
function withOwn(observed: ObservedUnit, own: Own): ObservedUnit {
  const containers = new Map(own.containers.map((one) => [one.id, one]));
  const networks = new Map(own.networks.map((one) => [one.id, one]));
  const volumes = new Map(own.volumes.map((one) => [one.name, one]));
  const container = (seen: ObservedContainer | undefined) =>
    seen && (containers.get(seen.id) ?? seen);
  const attachedTo = observed.attachedTo?.bind(observed);
  return {
    ...observed,
    containers: byName([...observed.containers, ...own.containers]),
    networks: byName([...observed.networks, ...own.networks]),
    volumes: byName([...observed.volumes, ...own.volumes]),
    containerNamed: (name) => container(observed.containerNamed(name)),
    portHolder: (port) => container(observed.portHolder(port)),
    networkNamed(name) {
      const seen = observed.networkNamed(name);
      return seen && (networks.get(seen.id) ?? seen);
    },
    volumeNamed: (name) => volumes.get(name) ?? observed.volumeNamed(name),
    ofComposeProject: (project) =>
      (observed.ofComposeProject?.(project) ?? []).filter(({ id }) => !containers.has(id)),
    ...(attachedTo && {
      attachedTo: (id: string) => attachedTo(id).flatMap((seen) => container(seen) ?? []),
    }),
  };
}

const byName = <T extends { readonly name: string }>(objects: readonly T[]): readonly T[] =>
  [...objects].sort((a, b) => compareText(a.name, b.name));
