import type { ConfigDigests } from '../../schemas/domain/index.ts';
import { differences } from './compare.ts';
import { askedConfiguration } from './configuration.ts';
import { listOf, type Members, membersOf } from './values.ts';

const MODES = ['NetworkMode', 'IpcMode', 'PidMode'] as const;
const CONTAINER = 'container:';
const VOLUMES_FROM = 'volumes_from';

/**
 * In which fields what is there is not what a request asks for, whose names of other containers
 * are theirs by `idOf`: the engine shows ids in modes, and in `volumes_from` what it was told.
 */
export function differencesFrom(
  body: Members,
  present: ConfigDigests,
  idOf: (name: string) => string,
): readonly string[] {
  const compared = (named: (name: string) => string) =>
    differences(askedConfiguration(withIds(body, idOf, named)), present);
  const byId = compared(idOf);
  return byId.includes(VOLUMES_FROM) ? compared((name) => name) : byId;
}

function withIds(
  body: Members,
  idOf: (name: string) => string,
  sourceOf: (name: string) => string,
): Members {
  const host = membersOf(body['HostConfig']);
  const modes = MODES.flatMap((member) => {
    const mode = host[member];
    if (typeof mode !== 'string' || !mode.startsWith(CONTAINER)) return [];
    return [[member, CONTAINER + idOf(mode.slice(CONTAINER.length))] as const];
  });
  const VolumesFrom = listOf(host['VolumesFrom']).map((text) => {
    const [name = '', ...mode] = String(text).split(':');
    return [sourceOf(name), ...mode].join(':');
  });
  return { ...body, HostConfig: { ...host, ...Object.fromEntries(modes), VolumesFrom } };
}
