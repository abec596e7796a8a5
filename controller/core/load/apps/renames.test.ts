import { describe, expect, test } from 'vitest';
import { toCommitSha } from '../../../../schemas/domain/index.ts';
import { carryOver, createLoadCache } from '../load.ts';
import { loadFiles, manifest, said } from '../testing/repository.ts';

const WEB = 'compose:\n  services:\n    web: {image: nginx}';

const app = (name: string, from?: string, more = WEB) => {
  const text = manifest('App', name, more);
  return from === undefined ? text : text.replace('\nspec:', `\n  renamedFrom: ${from}\nspec:`);
};

async function load(files: Readonly<Record<string, string>>) {
  const { desired, issues } = await loadFiles(files, { cache: createLoadCache() });
  return { apps: [...desired.apps.values()], said: said({ issues }) };
}

describe('an app that was renamed', () => {
  test('keeps the project name of its first name', async () => {
    const { apps } = await load({ 'a.yaml': app('new', 'old') });
    expect(apps).toMatchObject([{ projectName: 'old', formerly: ['default/old'] }]);
    const again = await load({ 'a.yaml': app('newest', '[new, old]') });
    expect(again.apps).toMatchObject([
      { projectName: 'old', formerly: ['default/new', 'default/old'] },
    ]);
    const named = await load({ 'a.yaml': app('new', 'old', `${WEB}\nprojectName: other`) });
    expect(named.apps).toMatchObject([{ projectName: 'other' }]);
  });

  test('is not also declared under its former name', async () => {
    const both = await load({ 'a.yaml': app('new', 'old'), 'b.yaml': app('old') });
    expect(both.apps.map(({ name }) => name)).toEqual([]);
    expect(both.said.filter((line) => line.includes('E_RENAMED_FROM'))).toEqual([
      'a.yaml:5:16: E_RENAMED_FROM metadata.renamedFrom: the app default/old is still declared (b.yaml:4:9) (an app that is renamed is declared under its new name alone)',
    ]);
  });

  test('is the only one that comes from that name', async () => {
    const two = await load({ 'a.yaml': app('one', 'old'), 'b.yaml': app('two', 'old') });
    expect(two.said.filter((line) => line.includes('E_RENAMED_FROM'))).toEqual([
      'b.yaml:5:16: E_RENAMED_FROM metadata.renamedFrom: another app was renamed from default/old as well (a.yaml:4:9) (an app that is renamed is declared under its new name alone)',
    ]);
  });

  test('that cannot be loaded leaves the former one as it is', async () => {
    const before = await loadFiles({ 'a.yaml': app('old') }, { cache: createLoadCache() });
    const bad = app('new', 'old', 'compose: ./nope.yaml');
    const after = await loadFiles(
      { 'a.yaml': bad },
      { cache: createLoadCache(), revision: toCommitSha('d'.repeat(40)) },
    );
    expect(after.heldApps).toEqual(['default/new', 'default/old']);
    const { desired } = carryOver(before.desired, after);
    expect([...desired.apps.keys()]).toEqual(['default/old']);
  });
});
