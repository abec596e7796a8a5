import type {
  ComposeBlkio,
  ComposeDeviceRequest,
  ComposeService,
  EngineBody,
} from '../schemas/domain/index.ts';
import { compact } from './body.ts';

/** `vendor.com/class=name`: a device of the Container Device Interface, not a path. */
const CDI_DEVICE = /^[A-Za-z][\w.-]*\/[A-Za-z][\w-]*=[A-Za-z0-9][\w.:-]*$/;
const NO_LIMIT = 0;

/** What a service asks of the kernel, but for what `update` changes (mutable.ts). */
export function resourceMembers(service: ComposeService): EngineBody {
  return compact({
    CgroupParent: service.cgroup_parent,
    MemorySwappiness: Number(service.mem_swappiness ?? NO_LIMIT),
    OomKillDisable: service.oom_kill_disable,
    OomScoreAdj: service.oom_score_adj,
    ShmSize: Number(service.shm_size ?? NO_LIMIT),
    CpuCount: service.cpu_count,
    CpuPercent: Math.trunc((service.cpu_percent ?? 0) * 100),
    CpuPeriod: service.cpu_period,
    CpuQuota: service.cpu_quota,
    CpuRealtimePeriod: service.cpu_rt_period,
    CpuRealtimeRuntime: service.cpu_rt_runtime,
    ...blkio(service.blkio_config ?? {}),
    DeviceCgroupRules: service.device_cgroup_rules,
    Devices: devices(service),
    DeviceRequests: deviceRequests(service),
    Ulimits: ulimits(service),
    StorageOpt: service.storage_opt,
  });
}

function blkio(config: ComposeBlkio): EngineBody {
  const throttle = (list: ComposeBlkio['device_read_bps']) =>
    (list ?? []).map(({ Path, Rate }) => compact({ Path, Rate: Number(Rate) }));
  return {
    BlkioWeight: config.weight,
    BlkioWeightDevice: config.weight_device,
    BlkioDeviceReadBps: throttle(config.device_read_bps),
    BlkioDeviceReadIOps: throttle(config.device_read_iops),
    BlkioDeviceWriteBps: throttle(config.device_write_bps),
    BlkioDeviceWriteIOps: throttle(config.device_write_iops),
  };
}

const isCdi = ({ source, target }: { readonly source: string; readonly target?: string }) =>
  source === target && CDI_DEVICE.test(source);

const devices = (service: ComposeService): readonly EngineBody[] =>
  (service.devices ?? [])
    .filter((device) => !isCdi(device))
    .map(({ source, target, permissions }) =>
      compact({
        PathOnHost: source,
        PathInContainer: target,
        CgroupPermissions: permissions,
      }),
    );

/** In Compose's order: reserved devices, CDI devices, then `gpus`. */
function deviceRequests(service: ComposeService): readonly EngineBody[] {
  const cdi = (service.devices ?? []).filter(isCdi).map(({ source }) => source);
  return [
    ...(service.deploy?.resources?.reservations?.devices ?? []).map((device) =>
      deviceRequest(device, device.capabilities ?? []),
    ),
    ...(cdi.length > 0 ? [{ Driver: 'cdi', DeviceIDs: cdi }] : []),
    ...(service.gpus ?? []).map((gpu) => deviceRequest(gpu, [...(gpu.capabilities ?? []), 'gpu'])),
  ];
}

const deviceRequest = (device: ComposeDeviceRequest, capabilities: readonly string[]): EngineBody =>
  compact({
    Driver: device.driver,
    Count: device.count,
    DeviceIDs: device.device_ids,
    Capabilities: [capabilities],
    Options: device.options,
  });

export const ulimits = (service: ComposeService): readonly EngineBody[] =>
  Object.keys(service.ulimits ?? {})
    .sort()
    .map((Name) => {
      const limit = service.ulimits?.[Name] ?? NO_LIMIT;
      const { soft, hard } = typeof limit === 'number' ? { soft: limit, hard: limit } : limit;
      return { Name, Hard: hard, Soft: soft };
    });
