/** What an engine says its kernel cannot do -> the members of `MutableConfig` it drops then. */
const DROPPED: Readonly<Record<string, readonly string[]>> = {
  MemoryLimit: ['memory', 'memoryReservation', 'memorySwap'],
  SwapLimit: ['memorySwap'],
  CPUShares: ['cpuShares'],
  CPUSet: ['cpusetCpus'],
  PidsLimit: ['pidsLimit'],
  CpuCfsPeriod: ['cpuPeriod'],
  CpuCfsQuota: ['cpuQuota'],
};

/** Read from `GET /info`. The engine takes such limits with a warning and shows them as unset. */
export const discardedBy = (info: Readonly<Record<string, unknown>>): readonly string[] => [
  ...new Set(
    Object.entries(DROPPED).flatMap(([ability, members]) =>
      info[ability] === false ? members : [],
    ),
  ),
];
