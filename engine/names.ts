import { type ComposeModel, compareText } from '../schemas/domain/index.ts';

/** The engine's names of what a model declares, as Compose makes them. */
export function containerName(model: ComposeModel, service: string, number: number): string {
  return model.services[service]?.container_name ?? `${model.name}-${service}-${number}`;
}

/** What a service runs; one that is only built runs what Compose would call its build. */
export const imageName = (model: ComposeModel, service: string): string =>
  model.services[service]?.image ?? `${model.name}-${service}`;

export const networkName = (model: ComposeModel, key: string): string =>
  objectName(model.name, key, model.networks[key]);

export const volumeName = (model: ComposeModel, key: string): string =>
  objectName(model.name, key, model.volumes[key]);

/** Of a network, volume, config or secret. */
export function objectName(
  project: string,
  key: string,
  object: { readonly name?: string; readonly external?: boolean } | undefined,
): string {
  return object?.name ?? (object?.external ? key : `${project}_${key}`);
}

/** Keys of the networks a service is on, the main one first; none with a network mode. */
export function networkKeys(model: ComposeModel, service: string): readonly string[] {
  const spec = model.services[service];
  if (spec?.network_mode !== undefined) return [];
  const attached = spec?.networks ?? { default: null };
  const priority = (key: string) => attached[key]?.priority ?? 0;
  return Object.keys(attached).sort((a, b) => priority(b) - priority(a) || compareText(a, b));
}
