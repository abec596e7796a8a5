import { expect, it } from 'vitest';
import { digestsOf } from './compare.ts';
import { presentConfiguration } from './configuration.ts';
import { differencesFrom } from './named.ts';

const ids: Readonly<Record<string, string>> = { 'p-db-1': 'db-id' };
const idOf = (name: string) => ids[name] ?? name;
const compared = (asked: object, there: object) => {
  const present = presentConfiguration({ Id: 'x', Config: {}, HostConfig: there }, undefined);
  return differencesFrom({ HostConfig: asked }, digestsOf(present, 'salt'), idOf);
};
const sharing = (name: string) => ({
  NetworkMode: `container:${name}`,
  PidMode: `container:${name}`,
});

it.each<[object, object, readonly string[]]>([
  [sharing('p-db-1'), sharing('db-id'), []],
  [sharing('p-db-1'), sharing('other-id'), ['network_mode', 'pid']],
  [{ VolumesFrom: ['p-db-1:ro'] }, { VolumesFrom: ['db-id:ro'] }, []],
  [{ VolumesFrom: ['p-db-1'] }, { VolumesFrom: ['p-db-1:rw'] }, []],
  [{ VolumesFrom: ['p-db-1'] }, { VolumesFrom: ['other-id'] }, ['volumes_from']],
])('knows other containers by id and by name: %j, %j', (asked, there, names) => {
  const mode = { NetworkMode: 'p_default' };
  expect(compared({ ...mode, ...asked }, { ...mode, ...there })).toEqual(names);
});
