/** What may be taken over (decision 19): objects without our labels, in the place of desired ones. */
import { containerName, networkName, volumeName } from '../../../../engine/names.ts';
import { replicasOf } from '../../../../engine/replicas.ts';
import { usedNetworks, usedVolumes } from '../../../../engine/used-objects.ts';
import type {
  ComposeModel,
  DesiredApp,
  DesiredUnit,
  ObservedContainer,
  ObservedNetwork,
  ObservedUnit,
  ObservedVolume,
} from '../../../../schemas/domain/index.ts';
import { compareText } from '../../../../schemas/domain/index.ts';
import { isUp } from '../../health/readiness.ts';

export interface Candidate {
  readonly service: string;
  readonly number: number;
  readonly container: ObservedContainer;
}

export interface Candidates {
  readonly containers: readonly Candidate[];
  /** By the key in the model. */
  readonly networks: ReadonlyMap<string, ObservedNetwork>;
  readonly volumes: ReadonlyMap<string, ObservedVolume>;
}

export const NO_CANDIDATES: Candidates = {
  containers: [],
  networks: new Map(),
  volumes: new Map(),
};

export function candidatesOf(
  app: DesiredApp,
  { model }: DesiredUnit,
  observed: ObservedUnit,
): Candidates {
  if (!app.adopt) return NO_CANDIDATES;
  const isForeign = foreignTo(model);
  const networks = usedNetworks(model).flatMap((key) => {
    const present = observed.networkNamed(networkName(model, key));
    const isOurs = model.networks[key]?.external || !present || !isForeign(present);
    return isOurs ? [] : [[key, present] as const];
  });
  const volumes = usedVolumes(model).flatMap((key) => {
    const present = observed.volumeNamed(volumeName(model, key));
    const isOurs = model.volumes[key]?.external || !present || !isForeign(present);
    return isOurs ? [] : [[key, present] as const];
  });
  return {
    containers: Object.keys(model.services)
      .sort(compareText)
      .flatMap((service) => containersOf(model, service, observed)),
    networks: new Map(networks),
    volumes: new Map(volumes),
  };
}

/** Nobody's that we know, and of no other Compose project; it must have been described. */
const foreignTo =
  ({ name }: ComposeModel) =>
  ({ owner, config, compose }: Pick<ObservedNetwork, 'owner' | 'config' | 'compose'>): boolean =>
    !owner && config !== undefined && (compose === undefined || compose.project === name);

/** One for each number that none of ours stands in for. */
function containersOf(
  model: ComposeModel,
  service: string,
  observed: ObservedUnit,
): readonly Candidate[] {
  const taken = new Set(
    observed.containers
      .filter(({ owner }) => owner?.service === service)
      .map(({ owner }) => owner?.number),
  );
  const found: Candidate[] = [];
  const take = (number: number, container: ObservedContainer) => {
    if (taken.has(number) || container.state === 'removing') return;
    taken.add(number);
    found.push({ service, number, container });
  };
  for (const container of composedAs(model, service, observed)) {
    take(container.compose?.number ?? 1, container);
  }
  const isForeign = foreignTo(model);
  for (let number = 1; number <= replicasOf(model.services[service] ?? {}); number += 1) {
    const named = observed.containerNamed(containerName(model, service, number));
    if (named && isForeign(named) && !named.compose) take(number, named);
  }
  return found;
}

/** Containers that Docker Compose made for that service; of equals the running, then the oldest. */
export function composedAs(
  { name }: ComposeModel,
  service: string,
  observed: ObservedUnit,
): readonly ObservedContainer[] {
  return [...(observed.ofComposeProject?.(name) ?? [])]
    .filter(({ compose, config }) => {
      return compose?.service === service && !compose.oneOff && config !== undefined;
    })
    .sort((a, b) => Number(isUp(b)) - Number(isUp(a)) || compareText(a.name, b.name));
}
