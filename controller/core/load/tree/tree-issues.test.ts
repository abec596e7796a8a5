import { describe, expect, test } from 'vitest';
import { type FileContent, loadFiles, manifest, said } from '../testing/repository.ts';

const HOST = manifest('Host', 'web-01', '');
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 3\n';
const link = (text: string) => ({ mode: '120000', text });
const lines = (count: number) => 'a\n'.repeat(count);

describe('what is wrong with a tree, said with what to do', () => {
  test.each<[when: string, files: Readonly<Record<string, FileContent>>, says: readonly string[]]>([
    [
      'nothing in it',
      { 'README.md': 'x' },
      [
        ':0:0: E_REPO_EMPTY: no manifest is declared; what was in force stays (skep init writes a first one)',
      ],
    ],
    [
      'links',
      { 'a.yaml': link('/etc/passwd'), b: link('/etc'), 'h.yaml': HOST },
      [
        'a.yaml:0:0: E_REPO_SYMLINK: "a.yaml" is a symbolic link (put the file itself there; links are never followed)',
        'b:0:0: W_REPO_SYMLINK: "b" is a symbolic link (put the file itself there; links are never followed)',
      ],
    ],
    [
      'submodules',
      {
        'a.yaml': { mode: '160000' },
        b: { mode: '160000' },
        '.gitmodules': '[submodule "b"]',
        'h.yaml': HOST,
      },
      [
        'a.yaml:0:0: E_REPO_SUBMODULE: "a.yaml" is a submodule (copy what is needed into the repository; submodules are never fetched)',
        'b:0:0: W_REPO_SUBMODULE: "b" is a submodule (copy what is needed into the repository; submodules are never fetched)',
      ],
    ],
    [
      'names that mean git',
      {
        'a/.git/x.yaml': 'a: 1',
        '.GIT/x.yaml': '',
        'GIT~1/a.yaml': 'x',
        'a/../b.yaml': '',
        'h.yaml': HOST,
      },
      [
        '.GIT/x.yaml:0:0: E_REPO_PATH: a part of the path is empty, . or .., or means git itself (rename it)',
        'GIT~1/a.yaml:0:0: E_REPO_PATH: a part of the path is empty, . or .., or means git itself (rename it)',
        'a/../b.yaml:0:0: E_REPO_PATH: a part of the path is empty, . or .., or means git itself (rename it)',
        'a/.git/x.yaml:0:0: E_REPO_PATH: a part of the path is empty, . or .., or means git itself (rename it)',
      ],
    ],
    [
      'names that lie',
      {
        'b\\c.yaml': 'x',
        'd\u202Ee.txt': 'x',
        'e\u001b[31m\n.yaml': '',
        'f\u200d.yaml': '',
        'h.yaml': HOST,
      },
      [
        'b\\c.yaml:0:0: E_REPO_PATH: the name has a control character, backslash or invisible mark (rename it)',
        'd\\u202ee.txt:0:0: W_REPO_PATH: the name has a control character, backslash or invisible mark (rename it)',
        'e\\u001b[31m\\u000a.yaml:0:0: E_REPO_PATH: the name has a control character, backslash or invisible mark (rename it)',
        'f\\u200d.yaml:0:0: E_REPO_PATH: the name has a control character, backslash or invisible mark (rename it)',
      ],
    ],
    [
      'names without an end',
      { [`${'l'.repeat(256)}.yaml`]: 'x', [`${'n/'.repeat(600)}a.yaml`]: 'x', 'h.yaml': HOST },
      [
        'llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll.yaml:0:0: E_REPO_PATH: a part of the path is longer than 255 characters (rename it)',
        'n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/…:0:0: E_REPO_PATH: the path is longer than 1,024 characters (rename it)',
      ],
    ],
    [
      'an LFS pointer',
      { 'a.yaml': LFS, 'h.yaml': HOST },
      [
        'a.yaml:0:0: E_REPO_LFS: "a.yaml" is a Git LFS pointer, not the file (commit the file itself)',
      ],
    ],
    [
      'files that are too large',
      {
        'a.yaml': { mode: '100644', size: 256 * 1024 + 1 },
        'b.yaml': { mode: '100644', size: 2 ** 30 },
        'c.bin': { mode: '100644', size: 2 ** 30 },
        'h.yaml': HOST,
      },
      [
        'a.yaml:0:0: E_YAML_SIZE: 262145 bytes; 256 KiB are allowed (split the file, or name it in .skepignore if it is not for skep)',
        'b.yaml:0:0: E_REPO_FILE_TOO_LARGE: 1073741824 bytes; 256 KiB are allowed (split the file, or name it in .skepignore if it is not for skep)',
      ],
    ],
    [
      'files that are for nobody',
      {
        'a.yaml': `${HOST}---\na: b\n`,
        'b.yaml': 'x: 1\n',
        '.c.yaml': 'x: 1\n',
        'empty.yaml': '# nothing\n',
      },
      [
        'a.yaml:6:1: W_FILE_UNUSED: this document is not a manifest',
        'b.yaml:0:0: W_FILE_UNUSED: neither a manifest nor used by one (name it in .skepignore if it is not for skep)',
      ],
    ],
    [
      'a .skepignore that is a link',
      { '.skepignore': link('x'), 'h.yaml': HOST },
      [
        '.skepignore:0:0: E_REPO_SYMLINK: ".skepignore" is a symbolic link (put the file itself there; links are never followed)',
      ],
    ],
    [
      'a .skepignore that is too large',
      { '.skepignore': { mode: '100644', size: 65_537 }, 'h.yaml': HOST },
      [
        '.skepignore:0:0: E_SKEPIGNORE: 65537 bytes; 64 KiB are allowed (until it is mended, what this folder declared stays and nothing else in it is read)',
      ],
    ],
    [
      '.skepignore files over their limits',
      {
        'h.yaml': HOST,
        'a/.skepignore': lines(501),
        'b/.skepignore': `a\n${'b'.repeat(513)}\n`,
        'c/.skepignore': 'a\0',
        'd/.skepignore': `x\n${'a/'.repeat(32)}\n`,
      },
      [
        'a/.skepignore:1:1: E_SKEPIGNORE: 501 patterns; 500 are allowed (until it is mended, what this folder declared stays and nothing else in it is read)',
        'b/.skepignore:2:1: E_SKEPIGNORE: a pattern longer than 512 characters (until it is mended, what this folder declared stays and nothing else in it is read)',
        'c/.skepignore:1:2: E_SKEPIGNORE: the character U+0000 is not allowed (until it is mended, what this folder declared stays and nothing else in it is read)',
        'd/.skepignore:2:1: E_SKEPIGNORE: a pattern of more than 32 folders (until it is mended, what this folder declared stays and nothing else in it is read)',
      ],
    ],
  ])('%s', async (_when, files, says) => {
    expect(said(await loadFiles(files))).toEqual(says);
  });
});
