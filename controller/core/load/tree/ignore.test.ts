import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isIgnored, matchGlob, parseIgnore } from './ignore.ts';

const ignored = (text: string, path: string) => isIgnored([parseIgnore('.skepignore', text)], path);

describe('a .skepignore is read as git reads a .gitignore', () => {
  test.each<[pattern: string, yes: readonly string[], no: readonly string[]]>([
    ['vendor', ['vendor/a.yaml', 'x/vendor/a.yaml', 'vendor'], ['vendors/a.yaml', 'avendor']],
    ['/vendor', ['vendor/a.yaml'], ['x/vendor/a.yaml']],
    ['vendor/', ['vendor/a.yaml', 'x/vendor/y/z'], ['vendor', 'x/vendor']],
    ['a/b', ['a/b/c', 'a/b'], ['x/a/b/c', 'a/c']],
    ['*.tmpl.yaml', ['a.tmpl.yaml', 'x/y/b.tmpl.yaml'], ['a.yaml']],
    ['a/*', ['a/b', 'a/b/c'], ['a']],
    ['a/*/c', ['a/b/c'], ['a/c', 'a/b/b/c']],
    ['**/x', ['x', 'a/x', 'a/b/x'], ['a/xx']],
    ['a/**', ['a/b', 'a/b/c'], ['a']],
    ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z'], ['a/zz', 'b/z']],
    ['?.yaml', ['a.yaml'], ['ab.yaml', '.yaml']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
    ['[!a-c]x', ['dx'], ['ax']],
    ['[^a]x', ['bx'], ['ax']],
    ['[]]x', [']x'], ['x']],
    ['[x', ['[x'], ['x']],
    ['[a-]x', ['-x', 'ax'], ['bx']],
    ['\\#x', ['#x'], ['\\#x']],
    ['\\!x', ['!x'], ['x']],
    ['\\*', ['*'], ['a']],
    ['# comment', [], ['# comment', 'comment']],
    ['trailing   ', ['trailing'], ['trailing   ']],
    ['kept\\ ', ['kept '], ['kept']],
    ['a*b*c', ['abc', 'axbxc', 'abbcc'], ['ab', 'acb']],
    ['', [], ['a']],
  ])('%j', (pattern, yes, no) => {
    for (const path of yes) expect([path, ignored(pattern, path)]).toEqual([path, true]);
    for (const path of no) expect([path, ignored(pattern, path)]).toEqual([path, false]);
  });

  test('the last pattern that fits decides', () => {
    expect(ignored('*.yaml\n!keep.yaml', 'keep.yaml')).toBe(false);
    expect(ignored('!keep.yaml\n*.yaml', 'keep.yaml')).toBe(true);
    expect(ignored('*.yaml\r\n!keep.yaml\r\n', 'a/keep.yaml')).toBe(false);
  });

  test('nothing below an ignored folder comes back', () => {
    expect(ignored('vendor\n!vendor/keep.yaml', 'vendor/keep.yaml')).toBe(true);
    expect(ignored('vendor/*\n!vendor/keep.yaml', 'vendor/keep.yaml')).toBe(false);
  });

  test('a file speaks of its own folder, after those above it', () => {
    const files = [
      parseIgnore('.skepignore', '*.yaml'),
      parseIgnore('apps/.skepignore', '!web.yaml\n/other'),
    ];
    expect(isIgnored(files, 'web.yaml')).toBe(true);
    expect(isIgnored(files, 'apps/web.yaml')).toBe(false);
    expect(isIgnored(files, 'other/x')).toBe(false);
    expect(isIgnored(files, 'apps/other/x')).toBe(true);
    expect(isIgnored([], 'a')).toBe(false);
  });

  test('as git itself says', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ignore-'));
    try {
      execFileSync('git', ['init', '-q', folder]);
      // Git reads ** within a name in a way of its own; as a whole part it is documented.
      const glob = fc.stringMatching(/^([ab*?]|\[ab\]){1,3}$/).filter((one) => !/\*\*/.test(one));
      const parts = fc.array(fc.oneof(glob, fc.constant('**')), { minLength: 1, maxLength: 4 });
      const pattern = fc
        .tuple(fc.constantFrom('', '!', '/', '!/'), parts, fc.constantFrom('', '/'))
        .map(([before, some, after]) => `${before}${some.join('/')}${after}`);
      const name = fc.constantFrom('a', 'b', 'ab', 'aab', 'c');
      const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
      const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 });
      const paths = fc.uniqueArray(path, { minLength: 5, maxLength: 20 });
      fc.assert(
        fc.property(patterns, paths, (lines, tree) => {
          writeFileSync(join(folder, '.gitignore'), `${lines.join('\n')}\n`);
          const ours = tree.filter((one) => ignored(lines.join('\n'), one));
          expect([lines, ours]).toEqual([lines, gitIgnored(folder, tree)]);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** What git would not take, of files that are not there. */
function gitIgnored(folder: string, paths: readonly string[]): string[] {
  try {
    const input = paths.join('\n');
    const args = ['-C', folder, 'check-ignore', '--no-index', '--stdin'];
    return execFileSync('git', args, { input, encoding: 'utf8' }).trim().split('\n');
  } catch {
    // Exit 1: none of them.
    return [];
  }
}

test('a pattern of many stars costs little', () => {
  const start = process.threadCpuUsage().user;
  expect(matchGlob('*a'.repeat(250), 'a'.repeat(249))).toBe(false);
  const text = `${'**/a/'.repeat(15)}z\n`.repeat(50);
  expect(ignored(text, `${'a/'.repeat(500)}b`)).toBe(false);
  expect(process.threadCpuUsage().user - start).toBeLessThan(3_000_000);
});
