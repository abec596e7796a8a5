// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { describe, expect, test } from 'vitest';
import { createLoadCache, type LoadResult } from './load.ts';
import {
  aRepository,
  type FileContent,
  loadFiles,
  loadRepository,
  manifest,
} from './testing/repository.ts';

type Files = Readonly<Record<string, FileContent>>;

const app = (name: string, more = '') =>
  manifest('App', name, `compose:\n  services:\n    web: {image: nginx}\n${more}`);
const declared = ({ desired }: LoadResult) => [...desired.apps.keys()];
const many = (count: number): Files =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      [`a${n}/app.yaml`, manifest('App', `app-${n}`, 'compose: ./compose.yaml')],
      [`a${n}/compose.yaml`, `services: {web: {image: "nginx:${n}"}}\n`],
    ]).flat(),
  );

describe('where manifests are looked for', () => {
  test('anywhere but in dot-folders and what .skepignore names', async () => {
    const result = await loadFiles({
      'deep/er/a.yaml': app('deep'),
      'b.YML': app('upper'),
      '.hidden.yaml': app('hidden-file'),
      '.github/c.yaml': app('dot-folder'),
      'x/.y/z/d.yaml': app('dot-below'),
      'vendor/e.yaml': app('vendor'),
      'f.json': app('json'),
      '.skepignore': 'vendor\n',
    });
    expect(declared(result)).toEqual(['default/deep', 'default/hidden-file', 'default/upper']);
    expect(result.issues).toEqual([]);
  });

  test('a dot-folder above the configured path does not count', async () => {
    const files = { '.deploy/a.yaml': app('web'), '.deploy/.x/b.yaml': app('hidden') };
    expect(declared(await loadFiles(files, { root: '.deploy' }))).toEqual(['default/web']);
  });

  test('a .skepignore in a folder that is ignored means nothing', async () => {
    const files = { 'vendor/.skepignore': '\0', 'a.yaml': app('web'), '.skepignore': 'vendor/\n' };
    const result = await loadFiles(files);
    expect(result.issues).toEqual([]);
    expect(declared(result)).toEqual(['default/web']);
  });

  test('a hidden file that does not parse is of no interest unless it speaks of skep', async () => {
    expect((await loadFiles({ 'a.yaml': app('web'), '.x.yaml': 'a: [' })).issues).toEqual([]);
    const { issues } = await loadFiles({ 'a.yaml': app('web'), '.x.yaml': 'skep/v1: [' });
    expect(issues.map(({ code }) => code)).toEqual(['E_YAML_SYNTAX']);
  });

  test('a file that an app uses as something else need not parse', async () => {
    const compose = 'services: {web: {image: nginx, volumes: ["./tmpl.yaml:/t:ro"]}}\n';
    const files = {
      'x/a.yaml': manifest('App', 'web', 'compose: ./c.yaml'),
      'x/c.yaml': compose,
      'x/tmpl.yaml': 'name: {{ name }}\n',
    };
    expect((await loadFiles(files)).issues).toEqual([]);
  });

  test('content is raw: attributes of git change nothing', async () => {
    const files = { 'a.yaml': app('web'), '.gitattributes': '*.yaml filter=x export-subst\n' };
    expect((await loadFiles(files)).issues).toEqual([]);
  });
});

describe('hosts of an app', () => {
  const on = (result: LoadResult) =>
    Object.fromEntries(
      [...result.desired.apps].map(([id, { units }]) => [id, [...units.keys()].join(' ')]),
    );
  const hosts = (...names: string[]) =>
    names.map((name) => manifest('Host', name, `labels: {disk: ssd, n: ${name}}`)).join('---\n');

  test('are the only one, the named ones, or those with its labels', async () => {
    expect(on(await loadFiles({ 'a.yaml': app('web') }))).toEqual({ 'default/web': 'local' });
    const two = { 'h.yaml': hosts('a', 'b') };
    expect(on(await loadFiles({ ...two, 'a.yaml': app('web', 'hosts: [b, a]') }))).toEqual({
      'default/web': 'b a',
    });
    const selected = { ...two, 'a.yaml': app('web', 'hostSelector: {disk: ssd, n: b}') };
    expect(on(await loadFiles(selected))).toEqual({ 'default/web': 'b' });
  });

  test('are those its project may use', async () => {
    const files = {
      'h.yaml': hosts('a', 'b'),
      'p.yaml': manifest('Project', 'default', 'hosts: [b]'),
      'a.yaml': app('web'),
      'b.yaml': app('api', 'hostSelector: {disk: ssd}'),
    };
    expect(on(await loadFiles(files))).toEqual({ 'default/api': 'b', 'default/web': 'b' });
  });

  test('give their values to what they run', async () => {
    const image = 'image: "$SKEP_PROJECT/$SKEP_APP:$SKEP_HOST-$TAG-$OWN"';
    const files = {
      'h.yaml': `${manifest('Host', 'a', 'values: {TAG: 1.10}')}---\n${manifest('Host', 'b', '')}`,
      'a.yaml': manifest(
        'App',
        'web',
        `compose:\n  services:\n    web: {${image}}\nhosts: [a, b]\nvalues: {TAG: t, OWN: o}`,
      ),
    };
    const { desired } = await loadFiles(files);
    const units = [...desired.apps.values()].flatMap(({ units: all }) => [...all.values()]);
    expect(units.map(({ model }) => model.services['web']?.image)).toEqual([
      'default/web:a-1.10-o',
      'default/web:b-t-o',
    ]);
  });

  test('never take a value from the environment of the controller', async () => {
    process.env['SKEP_TEST_CANARY'] = 'canary';
    const text = 'compose:\n  services:\n    web: {image: "nginx:${SKEP_TEST_CANARY}x${PATH}"}';
    const { desired } = await loadFiles({ 'a.yaml': manifest('App', 'web', text) });
    const [unit] = [...desired.apps.values()].flatMap(({ units }) => [...units.values()]);
    expect(unit?.model.services['web']?.image).toBe('nginx:x');
  });
});

describe('limits', () => {
  test('20 errors of one file are said, and how many there are more', async () => {
    const bad = Array.from({ length: 5_000 }, (_, n) => `bad${n}: 1\n`).join('');
    const { issues } = await loadFiles({ 'a.yaml': app('web', bad) });
    expect(issues).toHaveLength(21);
    expect(issues[0]).toMatchObject({
      code: 'E_MORE_ISSUES',
      message: '4980 more issues in this file',
    });
    expect(JSON.stringify(issues).length).toBeLessThan(64 * 1024);
  });

  test('warnings alone stay warnings', async () => {
    const projects = Array.from({ length: 25 }, (_, n) => `p${n}`).join(', ');
    const rules = `rules:\n  - {resources: [apps], verbs: [read], projects: [${projects}]}`;
    const files = { 'a.yaml': app('web'), 'r.yaml': manifest('Role', 'ops', rules) };
    const { issues } = await loadFiles(files);
    expect(issues).toHaveLength(21);
    expect(new Set(issues.map(({ severity }) => severity))).toEqual(new Set(['warning']));
    expect(issues[0]).toMatchObject({
      code: 'W_MORE_ISSUES',
      message: '5 more issues in this file',
    });
  });

  test('200 issues of a revision are said, errors before warnings', async () => {
    const files: Record<string, FileContent> = {};
    for (let n = 0; n < 150; n++) {
      files[`bad${n}.yaml`] = 'a: [';
      files[`unused${n}.yaml`] = 'a: b\n';
    }
    const { issues } = await loadFiles(files);
    expect(issues).toHaveLength(200);
    expect(issues.filter(({ code }) => code === 'E_YAML_SYNTAX')).toHaveLength(150);
    expect(issues.at(-1)).toMatchObject({
      code: 'E_MORE_ISSUES',
      message: '101 more issues; 300 files have some',
    });
    const warnings: Record<string, FileContent> = { 'a.yaml': app('web') };
    for (let n = 0; n < 250; n++) warnings[`unused${n}.yaml`] = 'a: b\n';
    expect((await loadFiles(warnings)).issues.at(-1)).toMatchObject({ code: 'W_MORE_ISSUES' });
  });

  test('long and odd texts of the repository are cut and escaped', async () => {
    const { issues } = await loadFiles({
      'a.yaml': `${'x'.repeat(900)}\u202e: [`,
      'b.yaml': `apiVersion: skep/v1\nkind: "\\e[31m${'k'.repeat(900)}"\n`,
    });
    for (const { message, file } of issues) {
      for (const odd of ['\u001b', '\u202e']) expect(`${message}${file}`).not.toContain(odd);
      expect(message.length).toBeLessThanOrEqual(401);
    }
    expect(issues.find(({ code }) => code === 'E_KIND_UNKNOWN')?.message).toContain('…');
  });

  test('a file of a gigabyte is never read', async () => {
    const repository = aRepository({
      'a.yaml': app('web'),
      'b.yaml': { mode: '100644', size: 2 ** 30 },
      'c.bin': { mode: '100644', size: 2 ** 30 },
    });
    await loadRepository(repository, { cache: createLoadCache() });
    expect(repository.reads).toHaveLength(1);
  });

  test('files are read in batches', async () => {
    const { entries, blobs } = aRepository(many(600));
    const sizes: number[] = [];
    const repository = { entries, blobs, reads: [] as never[] };
    const push = (...ids: never[]) => {
      sizes.push(ids.length);
      return ids.length;
    };
    Object.assign(repository.reads, { push });
    await loadRepository(repository, { cache: createLoadCache() });
    expect(sizes).toEqual([500, 500, 200]);
  });

  test('a big load lets other work run', async () => {
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
    };
    await loadFiles(many(300), { cache: createLoadCache(), pause });
    expect(pauses).toBeGreaterThan(10);
  });
});

test('a reader that gives no bytes is a fault of the environment', async () => {
  const repository = { ...aRepository({ 'a.yaml': app('web') }), blobs: new Map() };
  await expect(loadRepository(repository, { cache: createLoadCache() })).rejects.toThrow(
    /gave no bytes for blob/,
  );
});
