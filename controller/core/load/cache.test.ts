// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { describe, expect, test } from 'vitest';
import { createLoadCache, type LoadResult } from './load.ts';
import {
  aRepository,
  type FileContent,
  loadFiles,
  loadRepository,
  manifest,
  said,
  shown,
} from './testing/repository.ts';

type Files = Readonly<Record<string, FileContent>>;

const app = (name: string) =>
  manifest('App', name, 'compose:\n  services:\n    web: {image: nginx}\n');
const declared = ({ desired }: LoadResult) => [...desired.apps.keys()];
/** Apps with a Compose file each. */
const many = (count: number): Files =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      [`a${n}/app.yaml`, manifest('App', `app-${n}`, 'compose: ./compose.yaml')],
      [`a${n}/compose.yaml`, `services: {web: {image: "nginx:${n}"}}\n`],
    ]).flat(),
  );

describe('an unchanged file is not read, parsed or checked twice', () => {
  test('nothing is read for the same revision', async () => {
    const cache = createLoadCache();
    const first = aRepository(many(20));
    const before = await loadRepository(first, { cache });
    const again = aRepository(many(20));
    const after = await loadRepository(again, { cache });
    expect(first.reads).toHaveLength(40);
    expect(again.reads).toEqual([]);
    for (const [id, { units }] of after.desired.apps) {
      expect(units).toBe(before.desired.apps.get(id)?.units);
    }
  });

  test('one changed file changes its app alone', async () => {
    const cache = createLoadCache();
    const before = await loadRepository(aRepository(many(20)), { cache });
    const changed = aRepository({
      ...many(20),
      'a7/compose.yaml': 'services: {web: {image: new}}\n',
    });
    const after = await loadRepository(changed, { cache });
    expect(changed.reads).toHaveLength(1);
    const different = [...after.desired.apps].filter(([id, { units }]) => {
      return units !== before.desired.apps.get(id)?.units;
    });
    expect(different.map(([id]) => id)).toEqual(['default/app-7']);
  });

  test.each<[string, Files, Files]>([
    ['a .env that appears', {}, { '.env': 'X=1\n' }],
    [
      'its own privileges',
      { 'p.yaml': manifest('Project', 'default', '') },
      { 'p.yaml': manifest('Project', 'default', 'privileges: [docker-socket]') },
    ],
    [
      'the labels of its host',
      { 'h.yaml': manifest('Host', 'a', '') },
      { 'h.yaml': manifest('Host', 'a', 'values: {X: y}') },
    ],
    ['the mode of a file it mounts', { f: 'x' }, { f: { mode: '100755', text: 'x' } }],
    ['a file that becomes a folder', { f: 'x' }, { 'f/g': 'x' }],
    ['a file that becomes a link', { f: 'x' }, { f: { mode: '120000', text: 'x' } }],
  ])('an app is loaded again for %s', async (_what, before, after) => {
    const compose = 'services: {web: {image: "nginx:${X:-0}", volumes: ["./f:/f:ro"]}}\n';
    const files = {
      'a.yaml': manifest('App', 'web', 'compose: ./c.yaml'),
      'c.yaml': compose,
      f: 'x',
    };
    const cache = createLoadCache();
    const merged = (more: Files): Files => {
      const all: Record<string, FileContent> = { ...files, ...more };
      if ('f/g' in all) delete all['f'];
      return all;
    };
    await loadFiles(merged(before), { cache });
    const kept = await loadFiles(merged(after), { cache });
    const fresh = await loadFiles(merged(after), { cache: createLoadCache() });
    expect(shown(kept)).toEqual(shown(fresh));
    expect([...kept.desired.apps]).toEqual([...fresh.desired.apps]);
  });

  test('a clash on a host is told as long as it is there', async () => {
    const named = (app: string, container: string) =>
      manifest(
        'App',
        app,
        `compose:\n  services:\n    web: {image: nginx, container_name: ${container}}\n`,
      );
    const cache = createLoadCache();
    const load = async (files: Files) => {
      const { issues } = await loadFiles(files, { cache });
      return issues.map(({ code }) => code);
    };
    const clash = { 'a.yaml': named('a', 'same'), 'b.yaml': named('b', 'same') };
    const twice = ['E_CONTAINER_NAME', 'E_CONTAINER_NAME'];
    expect(await load(clash)).toEqual(twice);
    expect(await load(clash)).toEqual(twice);
    expect(await load({ ...clash, 'b.yaml': named('b', 'other') })).toEqual([]);
    expect(await load(clash)).toEqual(twice);
    expect(await load({ 'a.yaml': named('a', 'same') })).toEqual([]);
  });

  test('what does not fit into the cache is still at hand for its own load', async () => {
    const cache = createLoadCache({ keptBytes: 1 });
    const first = await loadFiles(many(20), { cache });
    expect(declared(first)).toHaveLength(20);
    const again = aRepository(many(20));
    expect(declared(await loadRepository(again, { cache }))).toHaveLength(20);
    expect(again.reads.length).toBeGreaterThan(20);
  });

  test('equal inputs give equal results, in whatever order the tree is listed', async () => {
    const repository = aRepository({ ...many(10), 'x.yaml': 'a: [', 'y.yaml': app('app-1') });
    const turned = { ...repository, entries: [...repository.entries].reverse() };
    const [one, two] = [
      await loadRepository(repository, { cache: createLoadCache() }),
      await loadRepository(turned, { cache: createLoadCache() }),
    ];
    expect(said(two)).toEqual(said(one));
    expect([...two.desired.apps]).toEqual([...one.desired.apps]);
  });
});
