import type { ComposeModel, ComposeService } from '../schemas/domain/index.ts';
import { networkKeys } from './names.ts';
import { normalisePlatform } from './platform.ts';
import type { Refusal } from './refusal.ts';
import { replicasOf } from './replicas.ts';
import { atLeast } from './version.ts';

const API_MAC_ADDRESSES = '1.44';

/** What Compose refuses to create containers from, wherever the engine is. */
export function containerRefusals(model: ComposeModel, apiVersion: string): readonly Refusal[] {
  return [
    ...Object.keys(model.services).flatMap((name) => serviceRefusals(model, name, apiVersion)),
    ...objectRefusals(model, 'configs'),
    ...objectRefusals(model, 'secrets'),
    ...takenNames(model),
  ];
}

function serviceRefusals(
  model: ComposeModel,
  name: string,
  apiVersion: string,
): readonly Refusal[] {
  const service = model.services[name] ?? {};
  const at = (...path: readonly string[]) => ['services', name, ...path];
  const { provider, models, platform, container_name, healthcheck } = service;
  const refusals: Refusal[] = [];
  if (provider) {
    const message = `the service comes from the provider ${JSON.stringify(provider.type)}, which skep does not run`;
    refusals.push({ path: at('provider'), message, hint: 'give it an image' });
  }
  if (Object.keys(models ?? {}).length > 0) {
    const message = 'models are served by Docker Model Runner, which skep does not drive';
    refusals.push({ path: at('models'), message });
  }
  if (platform && normalisePlatform(platform) === undefined) {
    const message = `${JSON.stringify(platform)} is not a platform`;
    refusals.push({ path: at('platform'), message, hint: 'os/architecture, as in linux/arm64' });
  }
  if (container_name && replicasOf(service) > 1) {
    const message = `${replicasOf(service)} containers cannot all be named ${container_name}`;
    refusals.push({ path: at('container_name'), message, hint: 'leave the name out' });
  }
  if (healthcheck?.start_interval && healthcheck.start_period === undefined) {
    const message = 'start_interval means nothing without start_period';
    refusals.push({ path: at('healthcheck', 'start_interval'), message });
  }
  return [...refusals, ...macRefusals(model, name, service, apiVersion)];
}

function macRefusals(
  model: ComposeModel,
  name: string,
  service: ComposeService,
  apiVersion: string,
): readonly Refusal[] {
  const macOf = (key: string) => service.networks?.[key]?.mac_address;
  const keys = networkKeys(model, name);
  const [main = ''] = keys;
  const refusals: Refusal[] = [];
  if (service.mac_address && macOf(main) && macOf(main) !== service.mac_address) {
    const message = `another MAC address than on the network ${JSON.stringify(main)}`;
    refusals.push({ path: ['services', name, 'mac_address'], message, hint: 'set one of them' });
  }
  const several = keys.filter(macOf).length > 1;
  if (several && !atLeast(apiVersion, API_MAC_ADDRESSES)) {
    const message = `a MAC address on more than one network needs Docker 25 (API ${API_MAC_ADDRESSES})`;
    refusals.push({ path: ['services', name, 'networks'], message });
  }
  return refusals;
}

/** Containers get their configs and secrets from files; only a swarm keeps them itself. */
const ONLY_IN_A_SWARM = ['external', 'driver', 'template_driver'] as const;

function objectRefusals(model: ComposeModel, kind: 'configs' | 'secrets'): readonly Refusal[] {
  const used = Object.values(model.services).flatMap((service) => service[kind] ?? []);
  const keys = new Set(used.map(({ source }) => source));
  return Object.entries(model[kind])
    .filter(([key]) => keys.has(key))
    .flatMap(([key, object]) =>
      ONLY_IN_A_SWARM.filter((member) => object[member]).map((member) => ({
        path: [kind, key, member],
        message: `${member} of ${kind} is for a swarm: containers read them from files`,
        hint: 'name a file',
      })),
    );
}

function takenNames(model: ComposeModel): readonly Refusal[] {
  const owners = new Map<string, string>();
  const refusals: Refusal[] = [];
  for (const [name, { container_name }] of Object.entries(model.services)) {
    if (!container_name) continue;
    const owner = owners.get(container_name);
    owners.set(container_name, owner ?? name);
    if (owner === undefined) continue;
    const message = `the container name ${container_name} is that of ${JSON.stringify(owner)} too`;
    refusals.push({ path: ['services', name, 'container_name'], message });
  }
  return refusals;
}
