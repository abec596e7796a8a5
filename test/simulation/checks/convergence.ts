import type { Subject } from '../world/history.ts';
import type { Host } from '../world/host.ts';
import { type Apps, awaitsImage, isBad, isJob, specOf } from '../world/scenery.ts';
import type { World } from '../world/world.ts';

/** What is not as the last commit asks for, host by host, in words. */
export function difference(world: World): readonly string[] {
  const { head } = world.git;
  const [harmed, ran] = [unsure(world), jobsRun(world)];
  if (world.inForce !== head.number) return [`commit ${head.number} is not in force`];
  return world.hosts.flatMap((host) => [
    ...(world.isConnected(host.name) ? [] : [`${host.name} is not connected`]),
    ...hostDifference(host.name, host.own(), wantedOn(host.name, head.effective, harmed, ran)),
    ...leftNetworks(host, head.effective),
  ]);
}

const leftNetworks = (host: Host, apps: Apps): readonly string[] =>
  host
    .ownNetworks()
    .filter((name) => !apps.get(name.replace('_default', ''))?.hosts.includes(host.name))
    .map((name) => `${host.name}: network ${name} is left behind`);

/** One-shots that were started need not be there any more: they ran. */
function jobsRun(world: World): ReadonlySet<string> {
  const started = world.history.entries.flatMap((entry) =>
    entry.type === 'call' && entry.call === 'startContainer' && entry.before
      ? [placeOf(entry.host, entry.before.name, entry.before.spec)]
      : [],
  );
  return new Set(started);
}

const placeOf = (host: string, name: string, spec: string): string => [host, name, spec].join(' ');

/** Services that ran and failed may stay as they were before. */
function unsure(world: World): ReadonlySet<string> {
  const harmed = world.history.entries.flatMap((entry) =>
    entry.type === 'harm'
      ? [`${entry.host} ${entry.subject.app} ${entry.subject.service} ${entry.subject.spec}`]
      : [],
  );
  return new Set(harmed);
}

function hostDifference(
  host: string,
  own: readonly Subject[],
  { wanted, optional, free }: Wanted,
): readonly string[] {
  const wrong: string[] = [];
  for (const { name, app, service, spec, well } of own) {
    if (free.has(`${app} ${service}`)) continue;
    if (wanted.get(name) === spec && well) wanted.delete(name);
    else wrong.push(`${host}: ${name} should not be there (${spec}${well ? '' : ', not well'})`);
  }
  const missing = [...wanted].filter(([name]) => !optional.has(name));
  return [...wrong, ...missing.map(([name, spec]) => `${host}: ${name} is missing (${spec})`)];
}

interface Wanted {
  /** Containers by name, with their spec. */
  readonly wanted: Map<string, string>;
  /** Of those, the ones that need not be there. */
  readonly optional: ReadonlySet<string>;
  /** Services that may be in any state. */
  readonly free: ReadonlySet<string>;
}

function wantedOn(
  host: string,
  apps: Apps,
  harmed: ReadonlySet<string>,
  ran: ReadonlySet<string>,
): Wanted {
  const wanted = new Map<string, string>();
  const optional = new Set<string>();
  const free = new Set<string>();
  const services = [...apps]
    .filter(([, { hosts }]) => hosts.includes(host))
    .flatMap(([app, config]) =>
      Object.entries(config.services).map(([name, service]) => ({
        app,
        name,
        service,
        isFree: isBad(service) || awaitsImage(config),
      })),
    );
  for (const { app, name, service, isFree } of services) {
    const spec = specOf(service);
    if (isFree || harmed.has(`${host} ${app} ${name} ${spec}`)) {
      free.add(`${app} ${name}`);
      continue;
    }
    for (let n = 1; n <= service.replicas; n += 1) {
      const container = `${app}-${name}-${n}`;
      wanted.set(container, spec);
      if (isJob(service) && ran.has(placeOf(host, container, spec))) optional.add(container);
    }
  }
  return { wanted, optional, free };
}
