import { describe, expect, test } from 'vitest';
import { type FileContent, loadFiles, manifest, shown } from '../testing/repository.ts';

type Files = Readonly<Record<string, FileContent>>;

const COMPOSE = 'services: {web: {image: nginx}}\n';
const discover = (...rules: string[]) =>
  manifest('Project', 'shop', `discover:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
const host = (name: string, spec = '') => manifest('Host', name, spec);

/** Each app with the images of its services on each of its hosts. */
async function found(files: Files, root?: string): Promise<Record<string, unknown>> {
  const { desired, issues } = await loadFiles(files, root === undefined ? {} : { root });
  expect(shown({ issues })).toEqual([]);
  return Object.fromEntries(
    [...desired.apps.values()].map(({ id, units }) => {
      const images = [...units.values()].map(({ host: on, model }) => {
        return [on, Object.values(model.services).map(({ image }) => image)];
      });
      return [id, Object.fromEntries(images)];
    }),
  );
}

describe('a folder that a rule of its project names is an app', () => {
  test('called after the folder', async () => {
    const files = {
      'p.yaml': discover('path: apps/*'),
      'apps/web/compose.yaml': COMPOSE,
      'apps/api/docker-compose.yml': COMPOSE,
      'apps/deeper/down/compose.yaml': COMPOSE,
      'other/web/compose.yaml': COMPOSE,
      'apps/none/readme.yaml': '# nothing\n',
    };
    const { desired, issues } = await loadFiles(files);
    expect([...desired.apps.keys()]).toEqual(['shop/api', 'shop/web']);
    expect(shown({ issues })).toEqual([
      'apps/deeper/down/compose.yaml:0:0: W_FILE_UNUSED',
      'other/web/compose.yaml:0:0: W_FILE_UNUSED',
    ]);
    expect(desired.apps.get('shop/web' as never)).toMatchObject({
      place: { file: 'apps/web/compose.yaml', line: 1, column: 1 },
      projectName: 'shop-web',
      drift: 'heal',
      rollout: { deadlineMs: 600_000 },
    });
  });

  test('on the host that its path names, with what differs there', async () => {
    const files = {
      'p.yaml': discover('path: hosts/{host}/{app}'),
      'h.yaml': `${host('a')}---\n${host('b')}`,
      'hosts/a/web/compose.yaml': COMPOSE,
      'hosts/b/web/compose.yaml': COMPOSE.replace('nginx', 'caddy'),
      'hosts/b/db/compose.yaml': COMPOSE,
    };
    expect(await found(files)).toEqual({
      'shop/db': { b: ['nginx'] },
      'shop/web': { a: ['nginx'], b: ['caddy'] },
    });
  });

  test('on the hosts of the rule', async () => {
    const files = {
      'p.yaml': discover('{path: one/*, hosts: [a]}', '{path: two/*, hostSelector: {disk: ssd}}'),
      'h.yaml': `${host('a')}---\n${host('b', 'labels: {disk: ssd}')}`,
      'one/x/compose.yaml': COMPOSE,
      'two/y/compose.yaml': COMPOSE,
    };
    expect(await found(files)).toEqual({ 'shop/x': { a: ['nginx'] }, 'shop/y': { b: ['nginx'] } });
  });

  test('with * for a folder that is not the name where {app} is', async () => {
    const files = {
      'p.yaml': discover('path: ./teams/*/{app}/'),
      'teams/red/web/compose.yaml': COMPOSE,
    };
    expect(await found(files)).toEqual({ 'shop/web': { local: ['nginx'] } });
  });

  test('in the first of the names that Compose looks for, with its override', async () => {
    const files = {
      'p.yaml': discover('path: "*"'),
      'web/docker-compose.yml': 'services: {}\n',
      'web/compose.yaml': COMPOSE,
      'web/compose.override.yml': 'services: {web: {image: caddy}, more: {image: redis}}\n',
    };
    const { desired } = await loadFiles(files);
    const [unit] = [...(desired.apps.get('shop/web' as never)?.units.values() ?? [])];
    const services = Object.entries(unit?.model.services ?? {});
    expect(services.map(([name, { image }]) => [name, image])).toEqual([
      ['more', 'redis'],
      ['web', 'caddy'],
    ]);
  });

  test('counted from the configured path', async () => {
    const files = {
      'deploy/p.yaml': discover('path: apps/*'),
      'deploy/apps/web/compose.yaml': COMPOSE,
    };
    expect(await found(files, 'deploy')).toEqual({ 'shop/web': { local: ['nginx'] } });
  });

  test('with files of its own folder and of the one above, and no further', async () => {
    const mounts = (path: string) =>
      `services: {web: {image: nginx, volumes: ["${path}:/f:ro"]}}\n`;
    const files = (path: string) => ({
      'p.yaml': discover('path: teams/red/*'),
      'teams/red/web/compose.yaml': mounts(path),
      'teams/red/f': 'x',
      'teams/f': 'x',
    });
    expect((await loadFiles(files('../f'))).issues).toEqual([]);
    const { issues } = await loadFiles(files('../../f'));
    expect(issues.map(({ code }) => code)).toEqual(['E_PATH_OUTSIDE_PROJECT']);
  });
});

describe('a folder is no app of its own', () => {
  const web = (spec: string) => manifest('App', 'shop', spec);

  test('where an App uses its Compose file', async () => {
    const files = {
      'p.yaml': discover('path: apps/*'),
      'apps/web/compose.yaml': COMPOSE,
      'apps/web/app.yaml': web('compose: ./compose.yaml'),
    };
    expect(await found(files)).toEqual({ 'default/shop': { local: ['nginx'] } });
  });

  test.each([
    ['a wrong field', web('compose: [./compose.yaml]\nbad: 1'), 'E_FIELD_UNKNOWN'],
    ['a syntax error', `${web('compose: ./compose.yaml')}x: [`, 'E_YAML_SYNTAX'],
  ])('where an App with %s uses it', async (_what, text, code) => {
    const files = {
      'p.yaml': discover('path: apps/*'),
      'apps/web/compose.yaml': COMPOSE,
      'apps/web/app.yaml': text,
    };
    const { desired, issues } = await loadFiles(files);
    expect([...desired.apps.keys()]).toEqual([]);
    expect(issues.map((issue) => issue.code)).toEqual([code]);
  });

  test('where .skepignore names it, or a folder begins with a dot', async () => {
    const files = {
      'p.yaml': discover('path: apps/*'),
      'apps/web/compose.yaml': COMPOSE,
      'apps/old/compose.yaml': COMPOSE,
      'apps/.hidden/compose.yaml': COMPOSE,
      '.skepignore': 'old\n',
    };
    expect(await found(files)).toEqual({ 'shop/web': { local: ['nginx'] } });
  });
});
