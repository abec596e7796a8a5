import { describe, expect, test } from 'vitest';
import type { LoadResult } from './load.ts';
import { carryOver } from './load.ts';
import { type FileContent, loadFiles, manifest } from './testing/repository.ts';

type Files = Readonly<Record<string, FileContent>>;

const inline = (image: string, more = '') =>
  `compose:\n  services:\n    web: {image: ${image}}\n${more}`;
const app = (name: string, image = 'nginx', more = '') =>
  manifest('App', name, inline(image, more));
const inProject = (project: string, text: string) =>
  text.replace('\n  name:', `\n  project: ${project}\n  name:`);
const host = (name: string, labels = '') => manifest('Host', name, labels);

/** What runs of each app: the image of its service on each of its hosts. */
function running(desired: LoadResult['desired']): Record<string, string> {
  return Object.fromEntries(
    [...desired.apps.values()].map(({ id, units }) => {
      const images = [...units.values()].map(({ host: on, model }) => {
        return `${on}: ${model.services['web']?.image}`;
      });
      return [id, images.join(', ')];
    }),
  );
}

/** The state in force after a good revision and then another. */
async function inForce(good: Files, next: Files) {
  const before = carryOver(undefined, await loadFiles(good)).desired;
  const result = await loadFiles(next);
  const { desired, heldMissing } = carryOver(before, result);
  return { before, result, desired, heldMissing, running: running(desired) };
}

const TWO = { 'a.yaml': app('one'), 'b.yaml': app('two') };

describe('absence is not an order to delete', () => {
  test('an empty revision changes nothing', async () => {
    const { running: apps, result } = await inForce(TWO, { 'README.md': 'x' });
    expect(apps).toEqual({ 'default/one': 'local: nginx', 'default/two': 'local: nginx' });
    expect(result.heldFiles).toEqual(['.']);
  });

  test('a revision with too many entries changes nothing', async () => {
    const entries = Object.fromEntries(
      Array.from({ length: 100_001 }, (_, n) => [`f${n}`, { mode: '100644', size: 1 }]),
    );
    const { running: apps, result } = await inForce(TWO, entries);
    expect(apps).toEqual({ 'default/one': 'local: nginx', 'default/two': 'local: nginx' });
    expect(result.issues).toMatchObject([
      { code: 'E_REPO_TOO_MANY_FILES', message: '100001 entries; 100000 are allowed' },
    ]);
  });

  test('an app that is taken out of a good revision is no longer declared', async () => {
    const { running: apps } = await inForce(TWO, { 'a.yaml': app('one') });
    expect(apps).toEqual({ 'default/one': 'local: nginx' });
  });

  test('what a file declared stays while the file does not parse', async () => {
    const next = { 'a.yaml': 'a: [', 'b.yaml': app('two', 'caddy') };
    const { running: apps } = await inForce(TWO, next);
    expect(apps).toEqual({ 'default/one': 'local: nginx', 'default/two': 'local: caddy' });
  });

  test.each<[string, Files]>([
    ['a link', { 'apps/a.yaml': { mode: '120000', text: '/etc/passwd' } }],
    ['a submodule', { 'apps/a.yaml': { mode: '160000' } }],
    ['too large', { 'apps/a.yaml': { mode: '100644', size: 300_000 } }],
    ['an LFS pointer', { 'apps/a.yaml': 'version https://git-lfs.github.com/spec/v1\nsize 1\n' }],
    ['of another version', { 'apps/a.yaml': app('one').replace('skep/v1', 'skep/v2') }],
    ['in a folder that is a link now', { apps: { mode: '120000', text: '/x' } }],
    ['in a folder that is a submodule now', { apps: { mode: '160000' } }],
    [
      'ignored by what cannot be read',
      { 'apps/.skepignore': '\0', 'apps/a.yaml': app('one', 'x') },
    ],
  ])('what a file declared stays while it is %s', async (_what, changed) => {
    const good = { 'apps/a.yaml': app('one'), 'h.yaml': host('local') };
    const { running: apps } = await inForce(good, { 'h.yaml': host('local'), ...changed });
    expect(apps).toEqual({ 'default/one': 'local: nginx' });
  });

  test('a folder beside the one that cannot be read is not held', async () => {
    const good = { 'apps/a.yaml': app('one'), 'apps2/b.yaml': app('two'), 'h.yaml': host('local') };
    const next = { apps: { mode: '160000' }, 'h.yaml': host('local') };
    expect((await inForce(good, next)).running).toEqual({ 'default/one': 'local: nginx' });
  });
});

describe('an app with issues stays at its last good revision', () => {
  test('and the rest proceeds', async () => {
    const next = { 'a.yaml': app('one', 'caddy', 'bad: 1'), 'b.yaml': app('two', 'caddy') };
    const { running: apps, result } = await inForce(TWO, next);
    expect(apps).toEqual({ 'default/one': 'local: nginx', 'default/two': 'local: caddy' });
    expect(result.heldApps).toEqual(['default/one']);
  });

  test('with what depends on it, in a chain', async () => {
    const chain = (image: string, bad = '') => ({
      'a.yaml': app('one', image, bad),
      'b.yaml': app('two', image, 'dependsOn: [one]'),
      'c.yaml': app('three', image, 'dependsOn: [two]'),
      'd.yaml': app('four', image),
    });
    const { running: apps, result } = await inForce(chain('nginx'), chain('caddy', 'bad: 1'));
    expect(result.heldApps).toEqual(['default/one', 'default/three', 'default/two']);
    expect(apps).toEqual({
      'default/four': 'local: caddy',
      'default/one': 'local: nginx',
      'default/three': 'local: nginx',
      'default/two': 'local: nginx',
    });
  });

  test('also where it is declared twice, or lost its host', async () => {
    const twice = { ...TWO, 'c.yaml': app('one', 'caddy') };
    expect((await inForce(TWO, twice)).running['default/one']).toBe('local: nginx');
    const lost = { 'a.yaml': app('one', 'caddy', 'hosts: [gone]'), 'b.yaml': app('two') };
    expect((await inForce(TWO, lost)).running['default/one']).toBe('local: nginx');
  });

  test('and both where two clash on a host port', async () => {
    const port = (name: string, image: string) =>
      manifest('App', name, `compose:\n  services:\n    web: {image: ${image}, ports: ["80:80"]}`);
    const next = { 'a.yaml': port('one', 'caddy'), 'b.yaml': port('two', 'caddy') };
    expect((await inForce(TWO, next)).running).toEqual({
      'default/one': 'local: nginx',
      'default/two': 'local: nginx',
    });
  });

  test('a dependency in a file that does not parse is not called unknown', async () => {
    const next = {
      'a.yaml': `${app('one')}x: [`,
      'b.yaml': app('two', 'caddy', 'dependsOn: [one]'),
    };
    const { result } = await inForce(TWO, next);
    expect(result.issues.map(({ code }) => code)).toEqual(['E_YAML_SYNTAX']);
  });

  test('what never was good is named, so that what runs of it is left alone', async () => {
    const next = { ...TWO, 'c.yaml': app('three', 'nginx', 'bad: 1') };
    expect((await inForce(TWO, next)).heldMissing).toEqual(['default/three']);
    expect(carryOver(undefined, await loadFiles(next)).heldMissing).toEqual(['default/three']);
  });

  test('and the files it ships come along', async () => {
    const files = (text: string, bad = '') => ({
      'x/a.yaml': manifest('App', 'one', `compose: ./c.yaml\n${bad}`),
      'x/c.yaml': `services: {web: {image: nginx, volumes: ["./f:/f:ro"]}}\n`,
      'x/f': text,
    });
    const { before, desired } = await inForce(files('old'), files('new', 'bad: 1'));
    const [hash] = [...before.contents.keys()];
    expect(hash && desired.contents.get(hash)).toEqual(new TextEncoder().encode('old'));
  });
});

describe('an issue in a Project, Role or User holds that project', () => {
  const good = {
    'a.yaml': app('one'),
    'b.yaml': inProject('shop', app('two')),
    'p.yaml': manifest('Project', 'shop', 'deletionBudget: {count: 7}'),
    'h.yaml': host('local'),
  };
  const next = {
    ...good,
    'a.yaml': app('one', 'caddy'),
    'b.yaml': inProject('shop', app('two', 'caddy')),
  };
  const role = (project: string) =>
    inProject(
      project,
      manifest(
        'Role',
        'ops',
        'members: {users: [nobody]}\nrules:\n  - {resources: [apps], verbs: [read]}',
      ),
    );

  test.each<[string, Files]>([
    ['a Project', { 'p.yaml': manifest('Project', 'shop', 'hosts: [gone]') }],
    ['a Project with a wrong field', { 'p.yaml': manifest('Project', 'shop', 'bad: 1') }],
    ['a rule to discover', { 'p.yaml': manifest('Project', 'shop', 'discover:\n  - path: x') }],
    ['a Role', { 'r.yaml': role('shop') }],
    ['a User', { 'u.yaml': inProject('shop', manifest('User', 'eve', 'bad: 1')) }],
  ])('%s', async (_what, bad) => {
    const { running: apps, desired, result } = await inForce(good, { ...next, ...bad });
    expect(apps).toEqual({ 'default/one': 'local: caddy', 'shop/two': 'local: nginx' });
    expect(result.heldProjects).toEqual(['shop']);
    expect([...desired.projects.values()].find(({ name }) => name === 'shop')).toMatchObject({
      deletionBudget: { count: 7 },
    });
  });

  test('also an app that it declares anew waits', async () => {
    const more = { ...next, 'c.yaml': inProject('shop', app('new')), 'r.yaml': role('shop') };
    expect(Object.keys((await inForce(good, more)).running)).toEqual(['default/one', 'shop/two']);
  });

  test('a project whose manifest is in a file that does not parse', async () => {
    const broken = { ...next, 'p.yaml': `${good['p.yaml']}x: [` };
    const { running: apps } = await inForce(good, broken);
    expect(apps).toEqual({ 'default/one': 'local: caddy', 'shop/two': 'local: nginx' });
  });
});

describe('hosts, users and roles with issues keep their last good form', () => {
  const hosts = { 'h.yaml': host('web-01', 'labels: {disk: ssd}'), 'g.yaml': host('web-02') };
  const good = { ...hosts, 'a.yaml': app('one', 'nginx', 'hosts: [web-01]') };

  test('a host with a wrong field, and the apps on it', async () => {
    const next = {
      ...good,
      'h.yaml': host('web-01', 'bad: 1'),
      'a.yaml': app('one', 'caddy', 'hosts: [web-01]'),
    };
    const { desired, running: apps, result } = await inForce(good, next);
    expect(apps).toEqual({ 'default/one': 'web-01: nginx' });
    expect([...desired.hosts.values()].map(({ name, labels }) => [name, labels])).toEqual([
      ['web-01', { disk: 'ssd' }],
      ['web-02', {}],
    ]);
    expect(result.heldNames).toEqual(['Host/web-01']);
  });

  test('no selector is answered while a host cannot be read', async () => {
    const selector = (image: string) => app('one', image, 'hostSelector: {disk: ssd}');
    const before = { ...hosts, 'a.yaml': selector('nginx') };
    const next = { ...before, 'g.yaml': `${host('web-02')}x: [`, 'a.yaml': selector('caddy') };
    const { running: apps, result } = await inForce(before, next);
    expect(apps).toEqual({ 'default/one': 'web-01: nginx' });
    expect(result.heldApps).toEqual(['default/one']);
  });

  test('no host is declared implicitly while one may be in a file that cannot be read', async () => {
    const next = { 'h.yaml': { mode: '120000', text: 'x' }, 'a.yaml': app('one', 'caddy') };
    const { running: apps } = await inForce(
      { 'h.yaml': host('web-01'), 'a.yaml': app('one') },
      next,
    );
    expect(apps).toEqual({ 'default/one': 'web-01: nginx' });
  });

  test('a user and a role', async () => {
    const rules = 'rules:\n  - {resources: [apps], verbs: [read]}';
    const before = {
      ...hosts,
      'u.yaml': manifest('User', 'alice', 'disabled: true'),
      'r.yaml': manifest('Role', 'ops', `members: {users: [alice]}\n${rules}`),
    };
    const next = {
      ...hosts,
      'u.yaml': manifest('User', 'alice', 'disabled: maybe'),
      'r.yaml': manifest('Role', 'ops', 'rules: []'),
    };
    const { desired } = await inForce(before, next);
    expect(desired.users.get('alice')).toMatchObject({ disabled: true });
    expect(desired.roles.get('ops')).toMatchObject({ members: { users: ['alice'] } });
  });

  test('what is taken out of good files is gone', async () => {
    const { desired } = await inForce({ ...hosts, 'u.yaml': manifest('User', 'alice', '') }, hosts);
    expect(desired.users.size).toBe(0);
  });
});

test('a state without anything held is taken as it is', async () => {
  const { result, desired } = await inForce(TWO, { ...TWO, 'c.yaml': app('three') });
  expect(desired.apps).toBe(result.desired.apps);
  expect(desired.contents).toBe(result.desired.contents);
});
