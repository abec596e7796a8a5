/** What the model engine reads of create and update bodies. */
import type { HostPort, MutableConfig } from '../../schemas/domain/index.ts';

export interface Body {
  readonly Image: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck?: { readonly Test?: readonly string[] };
  readonly HostConfig?: {
    readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
    readonly PortBindings?: Readonly<
      Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[]>
    >;
    readonly NanoCpus?: number;
    readonly Memory?: number;
    readonly MemoryReservation?: number;
    readonly MemorySwap?: number;
    readonly PidsLimit?: number;
    readonly CpuShares?: number;
    readonly CpusetCpus?: string;
    readonly CpuPeriod?: number;
    readonly CpuQuota?: number;
    readonly CpuRealtimePeriod?: number;
    readonly CpuRealtimeRuntime?: number;
    readonly BlkioWeight?: number;
  };
  readonly NetworkingConfig?: {
    readonly EndpointsConfig?: Readonly<Record<string, Endpoint>>;
  };
}

export interface Endpoint {
  readonly Aliases?: readonly string[];
  readonly IPAMConfig?: { readonly IPv4Address?: string; readonly IPv6Address?: string };
}

export function labelsOf(body: object): Readonly<Record<string, string>> {
  return (body as { readonly Labels?: Readonly<Record<string, string>> }).Labels ?? {};
}

export function portsOf({ HostConfig }: Body): readonly HostPort[] {
  return Object.entries(HostConfig?.PortBindings ?? {}).flatMap(([port, bindings]) =>
    bindings.flatMap(({ HostIp, HostPort }) =>
      HostPort
        ? [
            {
              address: HostIp || '0.0.0.0',
              port: Number(HostPort),
              protocol: port.split('/')[1] ?? 'tcp',
            },
          ]
        : [],
    ),
  );
}

/** What a create or an update says of it; an engine shows no limit of processes as none. */
export function mutableOf(host: NonNullable<Body['HostConfig']>): Partial<MutableConfig> {
  const policy = host.RestartPolicy;
  return {
    ...(policy && {
      restartPolicy: policy.Name || 'no',
      restartMaximum: policy.MaximumRetryCount ?? 0,
    }),
    ...(host.NanoCpus !== undefined && { nanoCpus: host.NanoCpus }),
    ...(host.Memory !== undefined && { memory: host.Memory }),
    ...(host.MemoryReservation !== undefined && { memoryReservation: host.MemoryReservation }),
    ...(host.MemorySwap !== undefined && { memorySwap: host.MemorySwap }),
    ...(host.PidsLimit !== undefined && { pidsLimit: Math.max(0, host.PidsLimit) }),
    ...(host.CpuShares !== undefined && { cpuShares: host.CpuShares }),
    ...(host.CpusetCpus !== undefined && { cpusetCpus: host.CpusetCpus }),
    ...(host.CpuPeriod !== undefined && { cpuPeriod: host.CpuPeriod }),
    ...(host.CpuQuota !== undefined && { cpuQuota: Math.max(0, host.CpuQuota) }),
    ...(host.BlkioWeight !== undefined && { blkioWeight: host.BlkioWeight }),
  };
}
