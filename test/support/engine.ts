import Docker from 'dockerode';

/** A client of the engine the tests run on: `DOCKER_HOST`, which must be set. */
export function engine(): Docker {
  const host = process.env['DOCKER_HOST'];
  if (!host?.startsWith('unix://')) {
    throw new Error('DOCKER_HOST must name an engine: run `make test`, or see scripts/engine');
  }
  return new Docker({ socketPath: host.slice('unix://'.length) });
}

export const TEST_IMAGE = 'skep-test/app:1';
/** Another content. */
export const OTHER_IMAGE = 'skep-test/app:2';

export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly startedAt: string;
  readonly env: readonly string[];
  readonly image: string;
}

/** Containers of a Compose project, by name. */
export async function containersOf(
  docker: Docker,
  project: string,
): Promise<ReadonlyMap<string, ContainerFacts>> {
  const label = [`com.docker.compose.project=${project}`];
  const list = await docker.listContainers({ all: true, filters: { label } });
  const facts = new Map<string, ContainerFacts>();
  for (const { Id } of list) {
    const inspect = await docker
      .getContainer(Id)
      .inspect()
      .catch(() => undefined);
    if (!inspect) continue;
    const name = inspect.Name.slice(1);
    facts.set(name, {
      id: inspect.Id,
      name,
      state: inspect.State.Status,
      startedAt: inspect.State.StartedAt,
      env: inspect.Config.Env,
      image: inspect.Config.Image,
    });
  }
  return facts;
}

/** Removes everything of a Compose project: containers, networks, volumes. */
export async function removeProject(docker: Docker, project: string): Promise<void> {
  const filters = { label: [`com.docker.compose.project=${project}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker
      .getContainer(Id)
      .remove({ force: true, v: true })
      .catch(() => {});
  }
  for (const { Id } of await docker.listNetworks({ filters })) {
    await docker
      .getNetwork(Id)
      .remove()
      .catch(() => {});
  }
  const volumes = await docker.listVolumes({ filters });
  for (const { Name } of volumes.Volumes ?? []) {
    await docker
      .getVolume(Name)
      .remove()
      .catch(() => {});
  }
}
