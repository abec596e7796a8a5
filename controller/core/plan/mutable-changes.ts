/** What differs of resources and restart policy, in Compose's words: the old value as observed. */
import { changedMembers } from '../../../engine/mutable.ts';
import type { FieldChange, MutableConfig } from '../../../schemas/domain/index.ts';

type Member = keyof MutableConfig;

const WORDS: Readonly<Record<Member, string>> = {
  nanoCpus: 'cpus',
  memory: 'mem_limit',
  memoryReservation: 'mem_reservation',
  memorySwap: 'memswap_limit',
  pidsLimit: 'pids_limit',
  cpuShares: 'cpu_shares',
  cpusetCpus: 'cpuset',
  cpuPeriod: 'cpu_period',
  cpuQuota: 'cpu_quota',
  cpuRealtimePeriod: 'cpu_rt_period',
  cpuRealtimeRuntime: 'cpu_rt_runtime',
  blkioWeight: 'blkio_config.weight',
  restartPolicy: 'restart',
  restartMaximum: 'restart',
};

const NANO = 1e9;
const UNITS = [
  ['g', 1024 ** 3],
  ['m', 1024 ** 2],
  ['k', 1024],
] as const;

export function mutableChanges(
  observed: MutableConfig,
  desired: MutableConfig,
): readonly FieldChange[] {
  const changes = new Map<string, FieldChange>();
  for (const member of changedMembers(observed, desired)) {
    const field = WORDS[member];
    const [from, to] = [shown(member, observed), shown(member, desired)];
    changes.set(field, {
      field,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    });
  }
  return [...changes.values()];
}

function shown(member: Member, config: MutableConfig): string | undefined {
  switch (member) {
    case 'restartPolicy':
    case 'restartMaximum': {
      const { restartPolicy, restartMaximum } = config;
      return restartMaximum > 0 ? `${restartPolicy}:${restartMaximum}` : restartPolicy;
    }
    case 'nanoCpus':
      return config.nanoCpus === 0 ? undefined : String(config.nanoCpus / NANO);
    case 'memory':
    case 'memoryReservation':
    case 'memorySwap':
      return bytes(config[member]);
    case 'pidsLimit':
    case 'cpuShares':
    case 'cpuPeriod':
    case 'cpuQuota':
    case 'cpuRealtimePeriod':
    case 'cpuRealtimeRuntime':
    case 'blkioWeight':
      return config[member] ? String(config[member]) : undefined;
    case 'cpusetCpus':
      return config.cpusetCpus || undefined;
  }
}

function bytes(count: number): string | undefined {
  if (count === 0) return undefined;
  const unit = UNITS.find(([, size]) => count > 0 && count % size === 0);
  return unit ? `${count / unit[1]}${unit[0]}` : String(count);
}
