import { digestsOf } from '../../engine/configuration/compare.ts';
import { presentConfiguration } from '../../engine/configuration/configuration.ts';
import { differencesFrom } from '../../engine/configuration/named.ts';
import { containerRequest } from '../../engine/container-body.ts';
import { containerName } from '../../engine/names.ts';
import { replicasOf } from '../../engine/replicas.ts';
import {
  type ComposeModel,
  type DesiredUnit,
  type Issue,
  toAppId,
} from '../../schemas/domain/index.ts';
import type { Facts, Found } from './facts.ts';
import type { Group } from './groups.ts';
import { type Before, loadWith, newErrors, type Repository } from './load.ts';
import { type AppInput, type Files, filesToLoad } from './written-app.ts';

export interface Checked {
  /** Errors that the files would bring. */
  readonly issues: readonly Issue[];
  /** What would not be taken over as it is, one sentence each. */
  readonly changes: readonly string[];
}

const SALT = 'import';

/**
 * Loads the files of an app as a controller would, and compares what they ask for with what runs.
 * @param others files that are written beside it.
 */
export async function check(
  input: AppInput,
  facts: Facts,
  repository: Repository,
  before: Before,
  others: Files,
): Promise<Checked> {
  const { group, secrets } = input;
  const files = new Map([...filesToLoad(input), ...others]);
  const { desired, issues } = await loadWith(repository, files, secrets.values());
  const errors = newErrors(issues, files, before);
  const app = desired.apps.get(toAppId('default', group.name));
  const [unit] = app?.units.values() ?? [];
  if (unit) return { issues: errors, changes: changesOf(group, facts, unit) };
  const unknown = `${group.name}: it cannot be compared before the folder has no errors`;
  return { issues: errors, changes: errors.length > 0 ? [] : [unknown] };
}

function changesOf(group: Group, facts: Facts, unit: DesiredUnit): readonly string[] {
  const { model } = unit;
  const present = [...group.services].flatMap(([service, containers]) =>
    model.services[service]
      ? changesOfService(service, containers, group, facts, unit)
      : containers.map(({ name }) => `${name}: service ${service} is not in it`),
  );
  const absent = Object.keys(model.services).filter((service) => !group.services.has(service));
  return [...present, ...absent.map((service) => `${service}: has no container; will be started`)];
}

function changesOfService(
  service: string,
  containers: readonly Found[],
  group: Group,
  facts: Facts,
  { model, files }: DesiredUnit,
): readonly string[] {
  const idOf = idsOf(group, facts, model);
  const spec = model.services[service];
  const wanted = spec ? replicasOf(spec) : 0;
  const numbers = containers.map(({ compose }, index) => compose?.number ?? index + 1);
  const replaced = containers.flatMap(({ name, inspect, image }, index) => {
    const number = numbers[index] ?? 1;
    if (number > wanted) return [`${name}: will be removed, since ${wanted} are asked for`];
    const { body } = containerRequest({ model, service, number, files, image: '' });
    const digests = digestsOf(presentConfiguration(inspect, image), SALT);
    const changed = differencesFrom(body, digests, idOf);
    if (changed.length === 0) return [];
    return [`${name}: will be replaced, since it differs in ${changed.join(', ')}`];
  });
  const missing = Array.from({ length: wanted }, (_, index) => index + 1)
    .filter((number) => !numbers.includes(number))
    .map((number) => `${service}: number ${number} of ${wanted} has no container; will be started`);
  return [...replaced, ...missing];
}

/** By the name the model gives it, and by its own. */
function idsOf(group: Group, { containers }: Facts, model: ComposeModel): (name: string) => string {
  const ids = new Map(containers.map(({ name, id }) => [name, id] as const));
  for (const [service, [first]] of group.services) {
    if (first) ids.set(containerName(model, service, 1), first.id);
  }
  return (name) => ids.get(name) ?? name;
}
