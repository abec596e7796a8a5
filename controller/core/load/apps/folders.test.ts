import { describe, expect, test } from 'vitest';
import { createLoadCache } from '../load.ts';
import { type FileContent, loadFiles, manifest, said } from '../testing/repository.ts';

const compose = (volume: string) =>
  manifest('App', 'web', `compose:\n  services:\n    web: {image: x, volumes: ["${volume}"]}`);

const MOUNTED = { 'web/app.yaml': compose('./conf.d:/etc/conf.d:ro') };
const A = { 'web/conf.d/a.conf': 'a', 'web/conf.d/sub/b.conf': 'b' };

async function unitOf(files: Readonly<Record<string, FileContent>>, cache = createLoadCache()) {
  const { desired, issues } = await loadFiles(files, { cache });
  const [unit] = [...desired.apps.values()].flatMap(({ units }) => [...units.values()]);
  return { unit, issues, contents: desired.contents };
}

describe('a folder of the repository that is mounted', () => {
  test('is shipped with everything below it', async () => {
    const beside = { 'web/conf.d.txt': 'x', 'web/conf': 'y' };
    const { unit, issues, contents } = await unitOf({ ...MOUNTED, ...A, ...beside });
    expect(issues).toEqual([]);
    expect([...(unit?.files.keys() ?? [])]).toEqual([
      'repo:/web/conf.d/a.conf',
      'repo:/web/conf.d/sub/b.conf',
    ]);
    const texts = [...contents.values()].map((bytes) => Buffer.from(bytes).toString());
    expect(texts.sort()).toEqual(['a', 'b']);
  });

  test('is another content with any file in it, and with no other', async () => {
    const cache = createLoadCache();
    const print = async (more: Readonly<Record<string, FileContent>>) =>
      (await unitOf({ ...MOUNTED, ...A, ...more }, cache)).unit?.fingerprint;
    const before = await print({});
    expect(await print({ 'web/other.conf': 'z' })).toBe(before);
    expect(await print({ 'web/conf.d/a.conf': 'A' })).not.toBe(before);
    expect(await print({ 'web/conf.d/new.conf': 'n' })).not.toBe(before);
    expect(await print({ 'web/conf.d/a.conf': { mode: '100755', text: 'a' } })).not.toBe(before);
    expect(await print({})).toBe(before);
  });

  test('may hold YAML that is nothing to skep', async () => {
    const { unit, issues } = await unitOf({ ...MOUNTED, 'web/conf.d/rules.yaml': 'groups: []\n' });
    expect(issues).toEqual([]);
    expect(unit?.files.size).toBe(1);
  });

  test.each([
    [
      'a link',
      { 'web/conf.d/l': { mode: '120000', text: '/etc/passwd' } },
      'E_REPO_SYMLINK spec.compose.services.web.volumes[0].source: "web/conf.d/l" is a symbolic link (put the file itself there; links are never followed)',
    ],
    [
      'a submodule',
      { 'web/conf.d/m': { mode: '160000' } },
      'E_REPO_SUBMODULE spec.compose.services.web.volumes[0].source: "web/conf.d/m" is a submodule (copy what is needed into the repository; submodules are never fetched)',
    ],
    [
      'too large a file',
      { 'web/conf.d/big': { mode: '100644', size: 2 ** 21 } },
      'E_FILE_TOO_LARGE spec.compose.services.web.volumes[0].source: "web/conf.d/big" has 2097152 bytes; 1 MiB can be shipped (put it into an image instead)',
    ],
    [
      'too many files',
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`web/conf.d/${n}`, 'x'])),
      'P_LIMITS spec.compose.services: more than 200 files of 201 bytes; 200 files of 16 MiB can be shipped (mount a smaller folder, or put the files into an image)',
    ],
  ])('is refused with %s, at its place', async (_what, more, issue) => {
    const { unit, issues } = await unitOf({ ...MOUNTED, ...A, ...more });
    const errors = said({ issues }).filter((line) => / [EP]_/.test(line));
    expect(unit).toBeUndefined();
    expect(errors.map((line) => line.replace(/^web\/app.yaml:[0-9]+:[0-9]+: /, ''))).toEqual([
      issue,
    ]);
  });

  test('that is not there is said at its place', async () => {
    const { issues } = await unitOf({ 'web/app.yaml': compose('./nope:/etc/nope:ro') });
    expect(said({ issues })).toEqual([
      'web/app.yaml:8:33: E_FILE_MISSING spec.compose.services.web.volumes[0].source: "./nope" is not in the repository (add the file to the repository, or use a named volume or an absolute host path for data)',
    ]);
  });
});
