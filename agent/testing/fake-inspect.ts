import type { EngineJson } from '../core/docker-engine.ts';
import {
  type FakeContainer,
  type FakeImage,
  type FakeNetwork,
  type FakeVolume,
  isAlive,
} from './fake-objects.ts';

/** Answers as an engine of API 1.41 gives them, with the members that somebody reads. */
export function inspectedContainer(
  container: FakeContainer,
  networkId: (name: string) => string,
): EngineJson {
  const { body } = container;
  return {
    Id: container.id,
    Name: `/${container.name}`,
    Image: container.imageId,
    RestartCount: container.restartCount,
    State: {
      Status: container.state,
      Running: isAlive(container),
      ExitCode: container.exitCode,
      OOMKilled: false,
      Error: container.error,
      StartedAt: container.startedAt,
      ...(container.health !== 'none' && { Health: healthOf(container) }),
    },
    Config: {
      Image: body.Image,
      Env: body.Env ?? [],
      Labels: body.Labels ?? {},
      ...(body.StopTimeout !== undefined && { StopTimeout: body.StopTimeout }),
    },
    HostConfig: container.hostConfig,
    NetworkSettings: {
      Ports: publishedPorts(container),
      Networks: Object.fromEntries(
        [...container.networks].map(([name, endpoint]) => [
          name,
          {
            NetworkID: networkId(name),
            Aliases: [...(endpoint.Aliases ?? []), container.id.slice(0, 12)],
            IPAddress: isAlive(container) ? '172.18.0.2' : '',
          },
        ]),
      ),
    },
  };
}

const healthOf = ({ health, healthOutput }: FakeContainer): EngineJson => ({
  Status: health,
  Log: health === 'unhealthy' ? [{ ExitCode: 1, Output: healthOutput }] : [],
});

export function publishedPorts(container: FakeContainer): EngineJson {
  if (!isAlive(container)) return {};
  const bindings = Object.entries(container.hostConfig.PortBindings ?? {});
  return Object.fromEntries(
    bindings.map(([port, hosts]) => [
      port,
      hosts.map(({ HostIp, HostPort }) => ({ HostIp: HostIp || '0.0.0.0', HostPort })),
    ]),
  );
}

export function listedContainer(
  container: FakeContainer,
  networkId: (name: string) => string,
): EngineJson {
  const inspected = inspectedContainer(container, networkId);
  const ports = publishedPorts(container) as Record<
    string,
    readonly { HostIp: string; HostPort: string }[]
  >;
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Labels: container.body.Labels ?? {},
    State: container.state,
    Ports: Object.entries(ports).flatMap(([port, hosts]) =>
      hosts.map(({ HostIp, HostPort }) => ({
        IP: HostIp,
        PublicPort: Number(HostPort),
        Type: port.split('/')[1] ?? 'tcp',
      })),
    ),
    Mounts: (container.body.HostConfig?.Mounts ?? []).map(({ Type, Source }) => ({ Type, Source })),
    NetworkSettings: inspected['NetworkSettings'],
  };
}

export const inspectedNetwork = (network: FakeNetwork): EngineJson => ({
  Id: network.id,
  Name: network.name,
  Driver: 'bridge',
  Scope: 'local',
  Labels: network.labels,
});

export const inspectedVolume = (volume: FakeVolume): EngineJson => ({
  Name: volume.name,
  Driver: 'local',
  CreatedAt: volume.createdAt,
  Labels: volume.labels,
});

/** The list does not tell the platform. */
export const listedImage = (image: FakeImage): EngineJson => ({
  Id: image.id,
  RepoTags: [...image.tags],
  RepoDigests: image.digests,
});

export const inspectedImage = (image: FakeImage): EngineJson => ({
  ...listedImage(image),
  Os: 'linux',
  Architecture: image.architecture,
});
