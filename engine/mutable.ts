import type { ComposeService, EngineBody, MutableConfig } from '../schemas/domain/index.ts';
import { compact } from './body.ts';

const NANO = 1e9;

/** What the service asks of the members that `POST /containers/{id}/update` can change. */
export function mutableConfig(service: ComposeService): MutableConfig {
  const { limits, reservations } = service.deploy?.resources ?? {};
  const restart = restartPolicy(service);
  return {
    nanoCpus: nanoCpus(limits?.cpus || service.cpus || 0),
    memory: Number(limits?.memory || service.mem_limit || 0),
    memoryReservation: Number(reservations?.memory || service.mem_reservation || 0),
    memorySwap: Number(service.memswap_limit ?? 0),
    pidsLimit: Math.max(0, limits?.pids || service.pids_limit || 0),
    cpuShares: service.cpu_shares ?? 0,
    cpuPeriod: service.cpu_period ?? 0,
    // -1 says the same as nothing.
    cpuQuota: Math.max(0, service.cpu_quota ?? 0),
    cpuRealtimePeriod: service.cpu_rt_period ?? 0,
    cpuRealtimeRuntime: service.cpu_rt_runtime ?? 0,
    blkioWeight: service.blkio_config?.weight ?? 0,
    cpusetCpus: service.cpuset ?? '',
    restartPolicy: restart.name,
    restartMaximum: restart.maximum,
  };
}

/** Compose counts in 32 bits here, and cuts off. */
const nanoCpus = (cpus: string | number): number =>
  Math.trunc(Math.fround(Math.fround(Number(cpus)) * NANO));

/** `on-failure:3` in its two parts; `deploy.restart_policy` goes before it, in its own words. */
function restartPolicy(service: ComposeService): { name: string; maximum: number } {
  const policy = service.deploy?.restart_policy;
  if (policy) {
    return { name: restartName(policy.condition ?? ''), maximum: policy.max_attempts ?? 0 };
  }
  const [name = '', maximum] = (service.restart || 'no').split(':');
  return { name: restartName(name), maximum: Number(maximum ?? 0) || 0 };
}

function restartName(condition: string): string {
  if (condition === 'none' || condition === '') return 'no';
  return condition === 'any' ? 'always' : condition;
}

/** Their place in a create body; the others' is in resources.ts, where Compose has them. */
export function mutableMembers(mutable: MutableConfig): EngineBody {
  const { restartPolicy: Name, restartMaximum: MaximumRetryCount } = mutable;
  return compact({
    NanoCpus: mutable.nanoCpus,
    Memory: mutable.memory,
    MemoryReservation: mutable.memoryReservation,
    MemorySwap: mutable.memorySwap,
    PidsLimit: mutable.pidsLimit,
    CpuShares: mutable.cpuShares,
    CpusetCpus: mutable.cpusetCpus,
    RestartPolicy: compact({ Name, MaximumRetryCount }),
  });
}

/**
 * True where a container is as asked. Of the swap limit, unset means whatever the engine makes of
 * it: twice the memory, or -1 on a kernel without swap accounting.
 */
export function isSameMutable(observed: MutableConfig, desired: MutableConfig): boolean {
  return changedMembers(observed, desired).length === 0;
}

/** Names of the members that differ, as a person knows them. */
export function changedMembers(
  observed: MutableConfig,
  desired: MutableConfig,
): readonly (keyof MutableConfig)[] {
  const members = Object.keys(desired) as (keyof MutableConfig)[];
  return members.filter((member) => {
    // An agent that is older than this member does not tell it.
    if (observed[member] === undefined) return false;
    if (member === 'memorySwap') return !isSameSwap(observed, desired);
    // A kernel without it drops the weight with a warning; whether one is asked for is hashed.
    if (member === 'blkioWeight' && observed.blkioWeight === 0) return false;
    return observed[member] !== desired[member];
  });
}

/** What this engine's kernel cannot do, it drops: asking for it again would never end. */
export function withoutDiscarded(
  desired: MutableConfig,
  discarded: readonly string[],
): MutableConfig {
  if (discarded.length === 0) return desired;
  const entries = Object.entries(desired).map(([member, value]) => [
    member,
    discarded.includes(member) ? EMPTY[typeof value] : value,
  ]);
  return Object.fromEntries(entries) as MutableConfig;
}

const EMPTY: Readonly<Record<string, unknown>> = { number: 0, string: '' };

function isSameSwap(observed: MutableConfig, desired: MutableConfig): boolean {
  if (desired.memorySwap !== 0) return observed.memorySwap === desired.memorySwap;
  return [0, -1, 2 * observed.memory].includes(observed.memorySwap);
}

/** Limits that, once set, only a new container is without: the engine reads 0 as "leave". */
const NOT_REMOVABLE = [
  'nanoCpus',
  'memory',
  'memoryReservation',
  'cpuShares',
  'cpusetCpus',
  'cpuPeriod',
  'cpuRealtimePeriod',
  'cpuRealtimeRuntime',
  'blkioWeight',
] as const;

/**
 * The update that leads from one to the other; undefined where only a new container does.
 * @see https://docs.docker.com/reference/api/engine/ ContainerUpdate
 */
export function updateBody(from: MutableConfig, to: MutableConfig): EngineBody | undefined {
  if (NOT_REMOVABLE.some((member) => from[member] && !to[member])) return undefined;
  const changed = changedMembers(from, to);
  // Whichever of the two ways to limit CPUs is there first excludes the other.
  if (to.nanoCpus && (from.cpuPeriod || from.cpuQuota)) return undefined;
  const has = (...members: readonly (keyof MutableConfig)[]) =>
    members.some((member) => changed.includes(member));
  return {
    ...(has('nanoCpus') && { NanoCpus: to.nanoCpus }),
    ...(has('memory', 'memorySwap') && memoryMembers(to)),
    ...(has('memoryReservation') && { MemoryReservation: to.memoryReservation }),
    // Of these, the engine knows a word for "none".
    ...(has('pidsLimit') && { PidsLimit: to.pidsLimit || -1 }),
    ...(has('cpuShares') && { CpuShares: to.cpuShares }),
    ...(has('cpuPeriod', 'cpuQuota') && quotaMembers(to)),
    ...(has('cpuRealtimePeriod', 'cpuRealtimeRuntime') && {
      CpuRealtimePeriod: to.cpuRealtimePeriod,
      CpuRealtimeRuntime: to.cpuRealtimeRuntime,
    }),
    ...(has('blkioWeight') && { BlkioWeight: to.blkioWeight }),
    ...(has('cpusetCpus') && { CpusetCpus: to.cpusetCpus }),
    ...(has('restartPolicy', 'restartMaximum') && {
      RestartPolicy: { Name: to.restartPolicy, MaximumRetryCount: to.restartMaximum },
    }),
  };
}

/** Here, too, there is a word for "none". */
const quotaMembers = ({ cpuPeriod, cpuQuota }: MutableConfig): EngineBody => ({
  ...(cpuPeriod && { CpuPeriod: cpuPeriod }),
  CpuQuota: cpuQuota || -1,
});

/** Both together: memory above the present swap limit is refused alone. */
function memoryMembers(to: MutableConfig): EngineBody {
  if (to.memory === 0) return { MemorySwap: to.memorySwap || -1 };
  return { Memory: to.memory, MemorySwap: to.memorySwap || 2 * to.memory };
}
