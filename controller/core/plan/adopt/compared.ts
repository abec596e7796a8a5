import { differences } from '../../../../engine/configuration/compare.ts';
import { askedConfiguration } from '../../../../engine/configuration/configuration.ts';
import { networkFields, volumeFields } from '../../../../engine/configuration/object-fields.ts';
import type {
  EngineBody,
  ObservedContainer,
  ObservedNetwork,
  ObservedUnit,
  ObservedVolume,
} from '../../../../schemas/domain/index.ts';
import type { HardenedObject, HardenedService } from '../harden-unit.ts';

/**
 * In which fields a container without our labels is not as asked for. What `update`, `rename` and
 * `network connect` bring in line is not among them.
 */
export function containerDifferences(
  service: HardenedService,
  { imageId, config, owner, compose }: ObservedContainer,
  number: number,
  observed: ObservedUnit,
): readonly string[] {
  const desired = service.containers.find((one) => one.number === number) ?? service.containers[0];
  if (!config || !desired) return [];
  const asked = askedConfiguration(withIds(desired.body, observed));
  const image = imageId === service.image.id ? [] : ['image'];
  const isSame = (owner?.number ?? compose?.number ?? number) === number;
  return isSame ? [...image, ...differences(asked, config)] : image;
}

const CONTAINER = 'container:';

/** The engine shows ids where names were asked for. */
function withIds(body: EngineBody, observed: ObservedUnit): EngineBody {
  const host = (body['HostConfig'] ?? {}) as Readonly<Record<string, unknown>>;
  const idOf = (name: string) => observed.containerNamed(name)?.id ?? name;
  const shared = (mode: unknown) =>
    typeof mode === 'string' && mode.startsWith(CONTAINER)
      ? CONTAINER + idOf(mode.slice(CONTAINER.length))
      : mode;
  const from = Array.isArray(host['VolumesFrom']) ? host['VolumesFrom'] : [];
  const HostConfig = {
    ...host,
    NetworkMode: shared(host['NetworkMode']),
    IpcMode: shared(host['IpcMode']),
    PidMode: shared(host['PidMode']),
    VolumesFrom: from.map((text) => {
      const [name = '', ...mode] = String(text).split(':');
      return [idOf(name), ...mode].join(':');
    }),
  };
  return { ...body, HostConfig };
}

export const networkDifferences = ({ body }: HardenedObject, { config }: ObservedNetwork) =>
  config ? differences(networkFields(body), config) : [];

export const volumeDifferences = ({ body }: HardenedObject, { config }: ObservedVolume) =>
  config ? differences(volumeFields(body), config) : [];
