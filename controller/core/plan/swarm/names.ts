import { networkName } from '../../../../engine/names.ts';
import { stackObjectName } from '../../../../engine/swarm/objects.ts';
import type {
  ComposeModel,
  DesiredUnit,
  ObservedSwarm,
  RepositoryFile,
  SwarmFile,
} from '../../../../schemas/domain/index.ts';
import { canonicalText } from '../../../../schemas/domain/index.ts';
import { isSameSpec } from '../harden.ts';

export type FileKind = SwarmFile['kind'];
export const FILE_KINDS: readonly FileKind[] = ['config', 'secret'];

const MEMBER = { config: 'configs', secret: 'secrets' } as const;
export const memberOf = (kind: FileKind): 'configs' | 'secrets' => MEMBER[kind];

/** The longest name a swarm takes for a config or secret. */
const LONGEST_NAME = 64;
const HASH_LENGTH = 12;

/** The content of a declared config or secret; undefined where a driver has it. */
export function contentOfFile(
  { model, files }: Pick<DesiredUnit, 'model' | 'files'>,
  kind: FileKind,
  key: string,
): RepositoryFile | undefined {
  const object = model[MEMBER[kind]][key];
  return files.get(object?.file ?? `${kind}:${key}`);
}

/**
 * `<project>_<name>-<hash>`: data cannot change, so another content is another object. The hash is
 * keyed: names are for everyone to read, and of a short secret a plain hash is as good as its text.
 */
export function contentName(
  unit: Pick<DesiredUnit, 'model' | 'files'>,
  kind: FileKind,
  key: string,
  digest: (text: string) => string,
): string {
  const base = stackObjectName(unit.model, memberOf(kind), key);
  const { driver, driver_opts, template_driver } = unit.model[memberOf(kind)][key] ?? {};
  const content = contentOfFile(unit, kind, key)?.sha256;
  const what = canonicalText({ base, content, driver, driver_opts, template_driver });
  const hash = digest(what).slice(0, HASH_LENGTH);
  return `${base.slice(0, LONGEST_NAME - HASH_LENGTH - 1)}-${hash}`;
}

/**
 * A network cannot change: another one gets another name, and services move. One of ours that is
 * as asked keeps its name, whichever that is, so that nothing moves back.
 */
export function chosenNetworkName(
  model: ComposeModel,
  key: string,
  specHash: string,
  swarm: Pick<ObservedSwarm, 'networks' | 'networkNamed'>,
): string {
  const plain = networkName(model, key);
  const fitting = swarm.networks.filter(
    ({ owner }) => owner?.object === key && isSameSpec(owner.specHash, specHash),
  );
  const [first] = fitting.filter(({ name }) => name === plain).concat(fitting);
  if (first) return first.name;
  const holder = swarm.networkNamed(plain);
  const isOurs = swarm.networks.some(({ id }) => id === holder?.id);
  return holder && isOurs ? `${plain}-${specHash.slice(-HASH_LENGTH)}` : plain;
}
