import { differences } from '../../../../engine/configuration/compare.ts';
import { differencesFrom } from '../../../../engine/configuration/named.ts';
import { networkFields, volumeFields } from '../../../../engine/configuration/object-fields.ts';
import type {
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
  const image = imageId === service.image.id ? [] : ['image'];
  const idOf = (name: string) => observed.containerNamed(name)?.id ?? name;
  const isSame = (owner?.number ?? compose?.number ?? number) === number;
  return isSame ? [...image, ...differencesFrom(desired.body, config, idOf)] : image;
}

export const networkDifferences = ({ body }: HardenedObject, { config }: ObservedNetwork) =>
  config ? differences(networkFields(body), config) : [];

export const volumeDifferences = ({ body }: HardenedObject, { config }: ObservedVolume) =>
  config ? differences(volumeFields(body), config) : [];
