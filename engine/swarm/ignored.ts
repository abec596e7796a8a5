import type { ComposeModel, ComposeService } from '../../schemas/domain/index.ts';
import type { Refusal } from '../refusal.ts';

/** Members of a service that reach a swarm, or were used up when the file was loaded. */
const SERVICE: ReadonlySet<string> = new Set<keyof ComposeService>([
  ...(['image', 'command', 'entrypoint', 'environment', 'env_file'] as const),
  ...(['labels', 'label_file', 'hostname', 'extra_hosts', 'networks', 'ports'] as const),
  ...(['dns', 'dns_opt', 'dns_search', 'healthcheck', 'working_dir', 'user'] as const),
  ...(['group_add', 'stop_grace_period', 'stop_signal', 'tty', 'stdin_open', 'init'] as const),
  ...(['read_only', 'isolation', 'sysctls', 'ulimits', 'logging', 'cap_add'] as const),
  ...(['cap_drop', 'credential_spec', 'volumes', 'configs', 'secrets'] as const),
  ...(['deploy', 'restart', 'scale', 'profiles', 'depends_on'] as const),
]);
const ATTACHMENT = new Set(['aliases', 'driver_opts']);
const NETWORK = new Set([
  ...['name', 'driver', 'driver_opts', 'ipam', 'external', 'internal', 'attachable', 'labels'],
]);
const POOL = new Set(['subnet']);

/** What means nothing to a swarm, nor to a Stack that runs on one. */
export function ignoredBySwarm(model: ComposeModel): readonly Refusal[] {
  const services = Object.entries(model.services).flatMap(([name, service]) => [
    ...others(['services', name], service, SERVICE),
    ...Object.entries(service.networks ?? {}).flatMap(([key, attachment]) =>
      others(['services', name, 'networks', key], attachment ?? {}, ATTACHMENT),
    ),
    ...hostAddresses(name, service),
  ]);
  const networks = Object.entries(model.networks).flatMap(([key, network]) => [
    ...others(['networks', key], network, NETWORK),
    ...(network.ipam?.config ?? []).flatMap((pool, index) =>
      others(['networks', key, 'ipam', 'config', String(index)], pool, POOL),
    ),
  ]);
  return [...services, ...networks];
}

/** What `docker stack deploy` passes over: it has no order of services, which a Stack has. */
export function ignoredByStackDeploy(model: ComposeModel): readonly Refusal[] {
  const ordered = Object.entries(model.services).flatMap(([name, { depends_on }]) =>
    others(['services', name], { depends_on }, new Set()),
  );
  return [...ordered, ...ignoredBySwarm(model)];
}

function others(
  path: readonly string[],
  value: object,
  known: ReadonlySet<string>,
): readonly Refusal[] {
  return Object.entries(value)
    .filter(([key, member]) => !known.has(key) && !key.startsWith('x-') && saysSomething(member))
    .map(([key]) => ({ path: [...path, key], message: `${key} means nothing to a swarm` }));
}

function saysSomething(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return Object.keys(value).length > 0;
}

const hostAddresses = (name: string, { ports = [] }: ComposeService): readonly Refusal[] =>
  ports.flatMap(({ host_ip }, index) =>
    host_ip
      ? [
          {
            path: ['services', name, 'ports', String(index)],
            message: `a swarm publishes on every address, not on ${host_ip} alone`,
          },
        ]
      : [],
  );
