import { imageName } from '../../../engine/names.ts';
import type {
  DesiredApp,
  DesiredUnit,
  InstallationId,
  ObservedUnit,
} from '../../../schemas/domain/index.ts';
import { isSameSpec } from './harden.ts';
import { hardenUnit } from './harden-unit.ts';
import { lockFor, resolveImages } from './images.ts';

export interface RunningLocksInput {
  readonly installation: InstallationId;
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly observed: ObservedUnit;
}

/**
 * The locks of a content that is known to run although nobody remembers them (decision 19): a
 * container whose spec hash is the one asked for, with the image it runs, tells its lock.
 */
export function runningLocks(input: RunningLocksInput): Readonly<Record<string, string>> {
  const { installation, app, unit, observed } = input;
  const candidates = candidatesOf(unit, observed);
  if (Object.keys(candidates).length === 0) return {};
  const images = resolveImages({ unit, app, observed, locks: candidates });
  const hardened = hardenUnit({ installation, app, unit, images });
  const proven = new Set(
    [...hardened.services.values()].flatMap(({ service, specHash, image: { reference } }) => {
      const isRunning = observed.containers.some(
        ({ owner }) => owner?.service === service && isSameSpec(owner.specHash, specHash),
      );
      return isRunning ? [reference] : [];
    }),
  );
  return Object.fromEntries(Object.entries(candidates).filter(([name]) => proven.has(name)));
}

/** By reference: what a container of a service that asks for it was made from. */
function candidatesOf({ model }: DesiredUnit, observed: ObservedUnit): Record<string, string> {
  const candidates: Record<string, string> = {};
  for (const { owner, imageId } of observed.containers) {
    const service = owner?.service ?? '';
    if (!model.services[service]) continue;
    const reference = imageName(model, service);
    const image = observed.image(imageId);
    candidates[reference] ??= image ? lockFor(reference, image) : imageId;
  }
  return candidates;
}
