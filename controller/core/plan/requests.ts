/** Stand-in for engine/ until it is there. */
import type {
  ComposeModel,
  ComposeService,
  EngineBody,
  MutableConfig,
  RepositoryFile,
} from '../../../schemas/domain/index.ts';

export interface ContainerRequest {
  readonly name: string;
  readonly body: EngineBody;
  readonly extraAttachments?: readonly { readonly network: string; readonly body: EngineBody }[];
}

export function containerRequest(input: {
  readonly model: ComposeModel;
  readonly service: string;
  readonly number: number;
  readonly files: ReadonlyMap<string, RepositoryFile>;
  readonly image: string;
}): ContainerRequest {
  const { model, service, number, image } = input;
  const spec = model.services[service] as ComposeService;
  const endpoints: Record<string, unknown> = {};
  for (const [key, attachment] of Object.entries(spec.networks ?? { default: null })) {
    const name = model.networks[key]?.name ?? `${model.name}_${key}`;
    endpoints[name] = { Aliases: [...(attachment?.aliases ?? []), service] };
  }
  return {
    name: spec.container_name ?? `${model.name}-${service}-${number}`,
    body: {
      Image: image,
      ...(spec.command && { Cmd: spec.command }),
      Env: Object.entries(spec.environment ?? {}).map(([k, v]) => `${k}=${v}`),
      Labels: spec.labels ?? {},
      HostConfig: {
        Binds: (spec.volumes ?? []).map((m) => `${m.source}:${m.target}`),
        RestartPolicy: { Name: spec.restart ?? 'no' },
        PortBindings: Object.fromEntries(
          (spec.ports ?? []).map((p) => [`${p.target}/${p.protocol}`, [{ HostPort: p.published }]]),
        ),
      },
      NetworkingConfig: { EndpointsConfig: endpoints },
    },
  };
}

export function networkRequest(
  model: ComposeModel,
  key: string,
): { name: string; body: EngineBody } {
  const network = model.networks[key];
  const name = network?.name ?? `${model.name}_${key}`;
  return { name, body: { Name: name, Driver: network?.driver ?? 'bridge' } };
}

export function volumeRequest(
  model: ComposeModel,
  key: string,
): { name: string; body: EngineBody } {
  const volume = model.volumes[key];
  const name = volume?.name ?? `${model.name}_${key}`;
  return {
    name,
    body: { Name: name, Driver: volume?.driver ?? 'local', DriverOpts: volume?.driver_opts },
  };
}

export function mutableConfig(service: ComposeService): MutableConfig {
  const limits = service.deploy?.resources?.limits;
  return {
    nanoCpus: Number(limits?.cpus ?? 0) * 1e9,
    memory: Number(limits?.memory ?? 0),
    memoryReservation: 0,
    memorySwap: 0,
    pidsLimit: limits?.pids ?? 0,
    cpuShares: 0,
    cpusetCpus: '',
    restartPolicy: service.restart ?? 'no',
    restartMaximum: 0,
  };
}

export function updateBody(from: MutableConfig, to: MutableConfig): EngineBody | undefined {
  if (from.memory > 0 && to.memory === 0) return undefined;
  return { Memory: to.memory, RestartPolicy: { Name: to.restartPolicy } };
}

export interface MountedFile {
  readonly sha256: RepositoryFile['sha256'];
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export function mountedFiles(_input: {
  readonly model: ComposeModel;
  readonly service: string;
  readonly files: ReadonlyMap<string, RepositoryFile>;
}): readonly MountedFile[] {
  return [];
}
