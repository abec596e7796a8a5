import { describe, expect, it } from 'vitest';
import type { DesiredRegistry } from '../../../schemas/domain/index.ts';
import { toProjectName } from '../../../schemas/domain/index.ts';
import { registryFor, serverOf } from './registry-of.ts';

const registry = (server: string, projects: readonly string[]): DesiredRegistry => ({
  place: { file: 'r.yaml', line: 1, column: 1 },
  server,
  username: `${server} ${projects.join()}`,
  password: 'x',
  projects,
});

describe('the registry of an image', () => {
  it.each([
    ['nginx:1', 'docker.io'],
    ['library/nginx', 'docker.io'],
    ['docker.io/library/nginx', 'docker.io'],
    ['index.docker.io/a/b@sha256:1', 'docker.io'],
    ['localhost/a', 'localhost'],
    ['Registry.Example/team/a:1', 'registry.example'],
    ['host:5000/a', 'host:5000'],
  ])('%s is pulled from %s', (reference, server) => {
    expect(serverOf(reference)).toBe(server);
  });

  it('is the own one of the project before one for all, and none of another project', () => {
    const registries = new Map([
      ['a/all', registry('host:5000', ['*'])],
      ['b/own', registry('host:5000', ['shop'])],
      ['c/hub', registry('registry-1.docker.io', ['shop'])],
    ]);
    const of = (reference: string, project: string) =>
      registryFor(reference, toProjectName(project), registries)?.username;
    expect(of('host:5000/a', 'shop')).toBe('host:5000 shop');
    expect(of('host:5000/a', 'other')).toBe('host:5000 *');
    expect(of('nginx', 'shop')).toBe('registry-1.docker.io shop');
    expect(of('nginx', 'other')).toBeUndefined();
  });
});
