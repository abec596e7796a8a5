/** Random units and random mishaps, for laws that must hold for all of them. */
import fc from 'fast-check';
import type {
  ComposeModel,
  ComposeService,
  DependencyCondition,
} from '../../schemas/domain/index.ts';
import { aModel } from './builders.ts';

const SERVICES = ['api', 'db', 'web'] as const;

interface RawService {
  readonly present: boolean;
  readonly version: number;
  readonly value: number;
  readonly replicas: number;
  readonly startFirst: boolean;
  readonly parallelism: number;
  readonly failureAction: string;
  readonly failureRatio: number;
  readonly port: number | null;
  readonly volume: string | null;
  readonly restart: string;
  readonly memory: number;
  readonly health: boolean;
  readonly networks: readonly string[];
  readonly after: number;
  readonly condition: DependencyCondition;
  readonly restartWith: boolean;
}

const rawService: fc.Arbitrary<RawService> = fc.record({
  present: fc.nat(9).map((n) => n > 1),
  version: fc.integer({ min: 1, max: 2 }),
  value: fc.nat(1),
  replicas: fc.constantFrom(1, 1, 1, 2, 3, 0),
  startFirst: fc.boolean(),
  parallelism: fc.constantFrom(1, 1, 2, 0),
  failureAction: fc.constantFrom('pause', 'continue', 'rollback'),
  failureRatio: fc.constantFrom(0, 0, 0.5),
  port: fc.constantFrom(null, null, 8080, 8081),
  volume: fc.constantFrom(null, null, 'data', 'more'),
  restart: fc.constantFrom('no', 'always', 'unless-stopped', 'on-failure'),
  memory: fc.constantFrom(0, 64, 128),
  health: fc.boolean(),
  networks: fc.constantFrom(['default'], ['default', 'back'], ['back']),
  after: fc.nat(3),
  condition: fc.constantFrom('service_started', 'service_healthy'),
  restartWith: fc.boolean(),
});

/** A model of up to three services that depend on one another, share ports in turn, and so on. */
export const arbitraryModel: fc.Arbitrary<ComposeModel> = fc
  .record({
    services: fc.tuple(rawService, rawService, rawService),
    internal: fc.boolean(),
  })
  .map(({ services, internal }) => toModel(services, internal));

function toModel(raws: readonly RawService[], internal: boolean): ComposeModel {
  const services: Record<string, Partial<ComposeService>> = {};
  const ports = new Set<number>();
  raws.forEach((raw, index) => {
    const name = SERVICES[index];
    if (!raw.present || !name) return;
    const port = raw.port !== null && raw.replicas === 1 && !ports.has(raw.port) ? raw.port : null;
    if (port !== null) ports.add(port);
    const earlier = SERVICES[raw.after];
    const dependsOn = earlier && raw.after < index && services[earlier] ? earlier : undefined;
    services[name] = toService(name, raw, port, dependsOn);
  });
  return aModel(services, {
    networks: {
      default: { name: 'shop_default' },
      back: { name: 'shop_back', internal },
    },
    volumes: { data: { name: 'shop_data' }, more: { name: 'shop_more' } },
  });
}

function toService(
  name: string,
  raw: RawService,
  port: number | null,
  dependsOn: string | undefined,
): Partial<ComposeService> {
  return {
    image: `${name}:${raw.version}`,
    environment: { VALUE: String(raw.value) },
    restart: raw.restart,
    networks: Object.fromEntries(raw.networks.map((network) => [network, null])),
    ...(port !== null && {
      ports: [{ target: 80, published: String(port), protocol: 'tcp' }],
    }),
    ...(raw.volume && {
      volumes: [{ type: 'volume' as const, source: raw.volume, target: '/data' }],
    }),
    ...(raw.health && { healthcheck: { test: ['CMD', 'true'] } }),
    ...(dependsOn && {
      depends_on: {
        [dependsOn]: { condition: raw.condition, required: true, restart: raw.restartWith },
      },
    }),
    deploy: {
      replicas: raw.replicas,
      update_config: {
        parallelism: raw.parallelism,
        failure_action: raw.failureAction,
        max_failure_ratio: raw.failureRatio,
        order: raw.startFirst ? 'start-first' : 'stop-first',
      },
      ...(raw.memory > 0 && { resources: { limits: { memory: String(raw.memory * 1_048_576) } } }),
    },
  };
}

/** Something that happens to a host from outside; `which` picks among what is there. */
export interface Mishap {
  readonly kind:
    | 'none'
    | 'kill'
    | 'remove'
    | 'rename'
    | 'pause'
    | 'disconnect'
    | 'remove network'
    | 'update';
  readonly which: number;
}

export const arbitraryMishap: fc.Arbitrary<Mishap> = fc.record({
  kind: fc.constantFrom(
    'none',
    'kill',
    'remove',
    'rename',
    'pause',
    'disconnect',
    'remove network',
    'update',
  ),
  which: fc.nat(20),
});

/** A pseudo-random chooser that fast-check can shrink and replay. */
export const chooser = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 30 }).map((numbers) => {
  let at = 0;
  return () => {
    at += 1;
    return numbers[at % numbers.length] ?? 0;
  };
});
