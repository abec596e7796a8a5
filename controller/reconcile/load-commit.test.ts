import { describe, expect, it } from 'vitest';
import { type CommitSha, Failure, toCommitSha, toHostName } from '../../schemas/domain/index.ts';
import { createLoadCache } from '../core/load/load.ts';
import { aRepository, type FileContent, manifest } from '../core/load/testing/repository.ts';
import { type Loaded, loadInForce } from './load-commit.ts';
import type { Source } from './ports.ts';

const NEVER = new AbortController().signal;
const shaOf = (number: number): CommitSha => toCommitSha(String(number).repeat(40));
type Files = Readonly<Record<string, FileContent>>;

const app = (name: string, image: string, more = ''): string =>
  manifest('App', name, `compose:\n  services:\n    web:\n      image: ${image}\n${more}`);
const PROJECT = { 'project.yaml': manifest('Project', 'default', '') };
const GOOD: Files = { ...PROJECT, 'a.yaml': app('a', 'a:1'), 'b.yaml': app('b', 'b:1') };
const EMPTY: Files = { 'README.md': 'nothing' };
const UNPARSABLE = '{';
const FAULTY = app('b', 'b:2', '      imag: x');

/** The last of these commits, as a controller that has just started puts it in force. */
async function afterRestart(...commits: readonly (Files | Failure)[]): Promise<Loaded> {
  const trees = commits.map((files) => (files instanceof Failure ? files : aRepository(files)));
  const shas = trees.map((_, n) => shaOf(n + 1));
  const source: Partial<Source> = {
    tree: async (sha) => {
      const tree = trees[shas.indexOf(sha)];
      if (tree instanceof Failure) throw tree;
      return tree?.entries ?? [];
    },
    blobs: async (ids) => {
      const all = trees.flatMap((tree) => (tree instanceof Failure ? [] : [...tree.blobs]));
      return new Map(all.filter(([id]) => ids.includes(id)));
    },
    log: async () =>
      shas
        .toReversed()
        .map((sha) => ({ sha, subject: '', author: '', committedAt: '', allowDestroy: [] })),
  };
  const options = {
    source: source as Source,
    cache: createLoadCache(),
    secrets: { open: async () => ({ fault: 'no key' }) },
    implicitHosts: [toHostName('local')],
    now: () => 0,
    pause: async () => undefined,
  };
  return await loadInForce(options, shaOf(commits.length), undefined, NEVER);
}

const images = ({ desired }: Loaded) =>
  Object.fromEntries(
    [...desired.apps].map(([id, { units }]) => [
      id,
      [...units.values()][0]?.model.services['web']?.image,
    ]),
  );
const BOTH = { 'default/a': 'a:1', 'default/b': 'b:1' };

describe('what is in force after a restart', () => {
  it.each([
    ['a file that cannot be parsed', [{ ...GOOD, 'b.yaml': UNPARSABLE }]],
    ['an app with issues', [{ ...GOOD, 'b.yaml': FAULTY }]],
    ['a tree without manifests', [EMPTY]],
    ['such a tree before a file that cannot be parsed', [EMPTY, { ...GOOD, 'b.yaml': UNPARSABLE }]],
    ['a file that cannot be parsed before such a tree', [{ ...GOOD, 'b.yaml': UNPARSABLE }, EMPTY]],
    ['an app with issues before such a tree', [{ ...GOOD, 'b.yaml': FAULTY }, EMPTY]],
    [
      'issues in an app before its file could not be parsed',
      [
        { ...GOOD, 'b.yaml': FAULTY },
        { ...GOOD, 'b.yaml': UNPARSABLE },
      ],
    ],
    [
      'a commit without the folder before an app with issues',
      [new Failure('EmptyTree', 'no files'), { ...GOOD, 'b.yaml': FAULTY }],
    ],
  ] as const)('is each app as it last was good: %s', async (_, bad) => {
    expect(images(await afterRestart(GOOD, ...bad))).toEqual(BOTH);
  });

  it('keeps what was below a folder that is a link now', async () => {
    const before = { ...PROJECT, 'a.yaml': app('a', 'a:1'), 'x/b.yaml': app('b', 'b:1') };
    const link = { ...PROJECT, 'a.yaml': app('a', 'a:1'), x: { mode: '120000', text: 'y' } };
    expect(images(await afterRestart(before, link))).toEqual(BOTH);
  });

  it('lacks an app that was removed before another one got issues', async () => {
    const { 'a.yaml': _, ...without } = GOOD;
    const loaded = await afterRestart(GOOD, without, { ...without, 'b.yaml': UNPARSABLE });
    expect(images(loaded)).toEqual({ 'default/b': 'b:1' });
  });

  it('says which apps never were good', async () => {
    const loaded = await afterRestart({ ...GOOD, 'b.yaml': FAULTY }, EMPTY);
    expect(images(loaded)).toEqual({ 'default/a': 'a:1' });
    expect(loaded.missing).toEqual(['default/b']);
  });

  it('is not decided while an older commit cannot be read just now', async () => {
    const away = new Failure('MirrorCorrupt', 'cannot be read');
    const loading = afterRestart(GOOD, away, { ...GOOD, 'b.yaml': FAULTY });
    await expect(loading).rejects.toMatchObject({ code: 'MirrorCorrupt' });
  });
});
