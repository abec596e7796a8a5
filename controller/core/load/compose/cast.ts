import type { ComposeValue } from './node.ts';

/** A text where Compose wants a number or a boolean, in quotes or filled from a variable. */
export interface Cast {
  /** Undefined = the text cannot be read so. */
  readonly read: (text: string) => ComposeValue | undefined;
  /** Completes "must be …". */
  readonly wanted: string;
}

/** What stands below a key: casts by the path from there. */
export interface CastTree {
  readonly cast?: Cast;
  readonly keys?: ReadonlyMap<string, CastTree>;
  /** Whatever the key, or for every item of a list. */
  readonly each?: CastTree;
}

const WHOLE = /^[-+]?[0-9]+$/;

const whole: Cast = {
  read(text) {
    const value = WHOLE.test(text) ? Number(text) : Number.NaN;
    return Number.isSafeInteger(value) ? value : undefined;
  },
  wanted: 'a whole number',
};

const FLOAT = /^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/;

const decimal: Cast = {
  read(text) {
    const value = FLOAT.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(value) ? value : undefined;
  },
  wanted: 'a number',
};

const TRUES = new Set(['true', 'y', 'yes', 'on']);
const FALSES = new Set(['false', 'n', 'no', 'off']);

const flag: Cast = {
  read(text) {
    const word = text.toLowerCase();
    if (TRUES.has(word)) return true;
    return FALSES.has(word) ? false : undefined;
  },
  wanted: 'true or false',
};

const leaf = (cast: Cast): CastTree => ({ cast });
const keys = (members: Readonly<Record<string, CastTree>>): CastTree => ({
  keys: new Map(Object.entries(members)),
});
const each = (tree: CastTree): CastTree => ({ each: tree });

const updateConfig = keys({ parallelism: leaf(whole), max_failure_ratio: leaf(decimal) });

const service = keys({
  cpu_count: leaf(whole),
  cpu_percent: leaf(decimal),
  cpu_period: leaf(whole),
  cpu_quota: leaf(whole),
  cpu_rt_period: leaf(whole),
  cpu_rt_runtime: leaf(whole),
  cpus: leaf(decimal),
  cpu_shares: leaf(whole),
  init: leaf(flag),
  deploy: keys({
    replicas: leaf(whole),
    update_config: updateConfig,
    rollback_config: updateConfig,
    restart_policy: keys({ max_attempts: leaf(whole) }),
    placement: keys({ max_replicas_per_node: leaf(whole) }),
  }),
  healthcheck: keys({ retries: leaf(whole), disable: leaf(flag) }),
  oom_kill_disable: leaf(flag),
  oom_score_adj: leaf(whole),
  pids_limit: leaf(whole),
  ports: each(keys({ target: leaf(whole) })),
  privileged: leaf(flag),
  read_only: leaf(flag),
  scale: leaf(whole),
  stdin_open: leaf(flag),
  tty: leaf(flag),
  ulimits: each({ cast: whole, ...keys({ hard: leaf(whole), soft: leaf(whole) }) }),
  volumes: each(keys({ read_only: leaf(flag), volume: keys({ nocopy: leaf(flag) }) })),
});

/** The places where Compose casts, from the root of a file. */
export const CASTS: CastTree = keys({
  services: each(service),
  networks: each(
    keys({
      external: leaf(flag),
      internal: leaf(flag),
      attachable: leaf(flag),
      enable_ipv4: leaf(flag),
      enable_ipv6: leaf(flag),
    }),
  ),
  volumes: each(keys({ external: leaf(flag) })),
  secrets: each(keys({ external: leaf(flag) })),
  configs: each(keys({ external: leaf(flag) })),
});

export function castBelow(tree: CastTree | undefined, key: string | number): CastTree | undefined {
  if (!tree) return undefined;
  return (typeof key === 'string' ? tree.keys?.get(key) : undefined) ?? tree.each;
}
