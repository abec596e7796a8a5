import {
  type ComposeModel,
  type ComposePort,
  type ComposeResources,
  type ComposeService,
  type ComposeUpdateConfig,
  compareText,
  type EngineBody,
} from '../../schemas/domain/index.ts';
import { compact } from '../body.ts';
import { durationNs } from '../duration.ts';
import { networkName } from '../names.ts';
import { containerSpec } from './container-spec.ts';
import { serviceLabels } from './labels.ts';

const NANO = 1e9;
const DEFAULT_NETWORKS = { default: null };
/** Networks of the engine itself, on which containers have no other names. */
const BUILT_IN = /^(?:bridge|host|none|default|container:.*)$/;

/** The create request of one service, as `docker stack deploy` sends it. */
export function serviceSpec(model: ComposeModel, key: string): EngineBody {
  const service = model.services[key] ?? {};
  const deploy = service.deploy ?? {};
  return {
    Name: `${model.name}_${key}`,
    Labels: serviceLabels(model, deploy.labels, service.image ?? ''),
    TaskTemplate: taskTemplate(model, key, service),
    Mode: mode(service),
    ...(deploy.update_config && { UpdateConfig: updateConfig(deploy.update_config) }),
    ...(deploy.rollback_config && { RollbackConfig: updateConfig(deploy.rollback_config) }),
    ...compact({ EndpointSpec: endpointSpec(service) }),
  };
}

/** Keys of the networks of a service; a swarm has no network modes. */
export function stackNetworkKeys({ networks = {} }: ComposeService): readonly string[] {
  return Object.keys(Object.keys(networks).length > 0 ? networks : DEFAULT_NETWORKS);
}

function taskTemplate(model: ComposeModel, key: string, service: ComposeService): EngineBody {
  const { resources = {}, placement = {} } = service.deploy ?? {};
  const policy = restartPolicy(service);
  return {
    ContainerSpec: containerSpec(model, service),
    ...compact({
      Resources: compact({
        Limits: compact({ ...amounts(resources.limits), Pids: resources.limits?.pids }),
        Reservations: compact({
          ...amounts(resources.reservations),
          GenericResources: genericResources(resources.reservations),
        }),
      }),
      Placement: compact({
        Constraints: placement.constraints,
        Preferences: placement.preferences?.map(({ spread }) => ({
          Spread: compact({ SpreadDescriptor: spread }),
        })),
        MaxReplicas: placement.max_replicas_per_node,
      }),
      Networks: attachments(model, key, service),
    }),
    ...(policy && { RestartPolicy: policy }),
    ...(service.logging && { LogDriver: logDriver(service) }),
  };
}

function attachments(
  model: ComposeModel,
  key: string,
  service: ComposeService,
): readonly EngineBody[] {
  return stackNetworkKeys(service)
    .map((network) => {
      const { aliases = [], driver_opts } = service.networks?.[network] ?? {};
      const Target = networkName(model, network);
      const Aliases = BUILT_IN.test(Target) ? aliases : [...aliases, key];
      return { Target, ...compact({ Aliases, DriverOpts: driver_opts }) };
    })
    .sort((a, b) => compareText(a.Target, b.Target));
}

const logDriver = ({ logging }: ComposeService): EngineBody =>
  compact({ Name: logging?.driver, Options: logging?.options });

const amounts = (resources: ComposeResources = {}): EngineBody => ({
  NanoCPUs: Math.round(Number(resources.cpus ?? 0) * NANO),
  MemoryBytes: Number(resources.memory ?? 0),
});

const genericResources = ({
  generic_resources = [],
}: ComposeResources = {}): readonly EngineBody[] =>
  generic_resources.map(({ discrete_resource_spec: spec }) =>
    compact({ DiscreteResourceSpec: spec && { Kind: spec.kind, Value: spec.value } }),
  );

/** A swarm restarts what ends unless it is told otherwise; `no` says nothing, as in the original. */
function restartPolicy({ restart, deploy }: ComposeService): EngineBody | undefined {
  const policy = deploy?.restart_policy;
  if (policy) {
    return compact({
      Condition: policy.condition,
      Delay: nanoseconds(policy.delay),
      MaxAttempts: policy.max_attempts,
      Window: nanoseconds(policy.window),
    });
  }
  const [name = '', maximum] = (restart ?? '').split(':');
  switch (name) {
    case 'always':
    case 'unless-stopped':
      return { Condition: 'any' };
    case 'on-failure':
      return { Condition: name, MaxAttempts: Number(maximum ?? 0) };
    default:
      return undefined;
  }
}

const nanoseconds = (text: string | undefined): number =>
  text === undefined ? 0 : durationNs(text);

function mode({ deploy = {}, scale }: ComposeService): EngineBody {
  const replicas = scale ?? deploy.replicas;
  switch (deploy.mode ?? '') {
    case 'global':
      return { Global: {} };
    case 'global-job':
      return { GlobalJob: {} };
    case 'replicated-job':
      return {
        ReplicatedJob:
          replicas === undefined ? {} : { MaxConcurrent: replicas, TotalCompletions: replicas },
      };
    default:
      return { Replicated: replicas === undefined ? {} : { Replicas: replicas } };
  }
}

/** One at a time where nothing is said; 0 is all at once. */
function updateConfig(config: ComposeUpdateConfig): EngineBody {
  return {
    Parallelism: config.parallelism ?? 1,
    ...compact({
      Delay: nanoseconds(config.delay),
      FailureAction: config.failure_action,
      Monitor: nanoseconds(config.monitor),
      MaxFailureRatio: config.max_failure_ratio,
      Order: config.order,
    }),
  };
}

function endpointSpec({ deploy, ports = [] }: ComposeService): EngineBody {
  const published = ports.flatMap(publishedPorts);
  return compact({
    Mode: deploy?.endpoint_mode?.toLowerCase(),
    Ports: published.sort((a, b) => (a.PublishedPort ?? 0) - (b.PublishedPort ?? 0)),
  });
}

interface PublishedPort {
  readonly Protocol?: string;
  readonly TargetPort: number;
  readonly PublishedPort?: number;
  readonly PublishMode?: string;
}

/** A range becomes one entry for each of its ports. */
function publishedPorts(port: ComposePort): readonly PublishedPort[] {
  const { protocol, target, published = '', mode: publishMode } = port;
  const common = {
    ...(protocol && { Protocol: protocol }),
    TargetPort: target,
    ...(publishMode && { PublishMode: publishMode }),
  };
  const [first = 0, last = first] = published.split('-').map(Number);
  if (first === 0) return [common];
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    ...common,
    PublishedPort: first + index,
  }));
}
