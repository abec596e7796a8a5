import { type ComposeModel, type ComposeService, compareText } from '../schemas/domain/index.ts';
import { networkKeys } from './names.ts';

/** Keys of the declared objects that some service uses, sorted: Compose makes no other ones. */
export function usedNetworks(model: ComposeModel): readonly string[] {
  return unique(Object.keys(model.services).flatMap((service) => networkKeys(model, service)));
}

export function usedVolumes(model: ComposeModel): readonly string[] {
  return unique(Object.values(model.services).flatMap((service) => volumeKeys(model, service)));
}

/** Of one service; anonymous volumes have no key. */
export function volumeKeys(model: ComposeModel, service: ComposeService): readonly string[] {
  const named = (service.volumes ?? []).filter(({ type }) => type === 'volume');
  return unique(named.flatMap(({ source }) => (source && model.volumes[source] ? [source] : [])));
}

const unique = (keys: readonly string[]): readonly string[] => [...new Set(keys)].sort(compareText);
