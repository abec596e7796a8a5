import type { ContainerInspect } from '../../engine/inspect.ts';
import {
  type ComposeOrigin,
  isSwarmTask,
  parseComposeOrigin,
  parseOwner,
} from '../../schemas/domain/index.ts';
import { CliError } from '../exit.ts';
import type { EngineReader } from './engine-reader.ts';

/** A container that is not skep's, as the engine shows it. */
export interface Found {
  readonly id: string;
  readonly name: string;
  readonly inspect: ContainerInspect & Readonly<Record<string, unknown>>;
  /** Its image, inspected; undefined where that is gone. */
  readonly image: Readonly<Record<string, unknown>> | undefined;
  readonly compose: ComposeOrigin | undefined;
}

export interface Facts {
  readonly containers: readonly Found[];
  /** Names of those on the host that are not imported but may share networks and volumes. */
  readonly networks: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly volumes: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

const MOST_CONTAINERS = 1_000;

/** Everything that runs on the engine and could be imported. */
export async function readFacts(reader: EngineReader): Promise<Facts> {
  const listed = await reader.containers();
  if (listed.length > MOST_CONTAINERS) {
    throw new CliError(`the engine has more than ${MOST_CONTAINERS} containers`);
  }
  const images = new Map<string, Readonly<Record<string, unknown>> | undefined>();
  const containers: Found[] = [];
  for (const { Id } of listed) {
    const inspect = await reader.container(String(Id));
    const labels = (inspect as ContainerInspect | undefined)?.Config?.Labels ?? {};
    if (!inspect || parseOwner(labels) || isSwarmTask(labels)) continue;
    const imageId = String(inspect['Image']);
    if (!images.has(imageId)) images.set(imageId, await reader.image(imageId));
    const compose = parseComposeOrigin(labels);
    if (compose?.oneOff) continue;
    const name = String(inspect['Name']).replace(/^\//, '');
    containers.push({
      id: String(inspect['Id']),
      name,
      inspect,
      image: images.get(imageId),
      compose,
    });
  }
  containers.sort((a, b) => (a.name < b.name ? -1 : 1));
  const byName = (objects: readonly Readonly<Record<string, unknown>>[]) =>
    new Map(objects.map((object) => [String(object['Name']), object] as const));
  return {
    containers,
    networks: byName(await reader.networks()),
    volumes: byName(await reader.volumes()),
  };
}
