import type { Subject } from '../world/history.ts';
import type { Host } from '../world/host.ts';
import { type Apps, awaitsImage, isBad, specOf } from '../world/scenery.ts';
import type { World } from '../world/world.ts';

/** What is not as the last commit asks for, host by host, in words. */
export function difference(world: World): readonly string[] {
  const { head } = world.git;
  if (world.inForce !== head.number) return [`commit ${head.number} is not in force`];
  return world.hosts.flatMap((host) => [
    ...(world.isConnected(host.name) ? [] : [`${host.name} is not connected`]),
    ...hostDifference(host.name, host.own(), head.effective, unsure(world)),
    ...leftNetworks(host, head.effective),
  ]);
}

const leftNetworks = (host: Host, apps: Apps): readonly string[] =>
  host
    .ownNetworks()
    .filter((name) => !apps.get(name.replace('_default', ''))?.hosts.includes(host.name))
    .map((name) => `${host.name}: network ${name} is left behind`);

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
  apps: Apps,
  harmed: ReadonlySet<string>,
): readonly string[] {
  const { wanted, free } = wantedOn(host, apps, harmed);
  const wrong: string[] = [];
  for (const { name, app, service, spec, well } of own) {
    if (free.has(`${app} ${service}`)) continue;
    if (wanted.get(name) === spec && well) wanted.delete(name);
    else wrong.push(`${host}: ${name} should not be there (${spec}${well ? '' : ', not well'})`);
  }
  return [...wrong, ...[...wanted].map(([name, spec]) => `${host}: ${name} is missing (${spec})`)];
}

/** Containers by name with their spec; and services that may be in any state. */
function wantedOn(host: string, apps: Apps, harmed: ReadonlySet<string>) {
  const wanted = new Map<string, string>();
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
    for (let n = 1; n <= service.replicas; n += 1) wanted.set(`${app}-${name}-${n}`, spec);
  }
  return { wanted, free };
}
