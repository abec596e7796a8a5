import { describe, expect, test } from 'vitest';
import { type FileContent, loadFiles, manifest, said } from '../testing/repository.ts';

type Row = readonly [
  when: string,
  files: Readonly<Record<string, FileContent>>,
  says: readonly string[],
];

const FILES: readonly Row[] = [
  [
    'a Compose file that is not there',
    { 'a.yaml': manifest('App', 'web', 'compose: ./compose.yaml') },
    [
      'a.yaml:6:12: E_FILE_MISSING spec.compose: compose.yaml: the Compose file is not there (paths begin at the folder of the file they are written in)',
    ],
  ],
  [
    'one of two that is not there',
    {
      'a.yaml': manifest('App', 'web', 'compose: [c.yml, over.yml]'),
      'c.yml': 'services: {web: {image: x}}\n',
    },
    [
      'a.yaml:6:20: E_FILE_MISSING spec.compose[1]: over.yml: the Compose file is not there (paths begin at the folder of the file they are written in)',
    ],
  ],
  [
    'a folder',
    { 'a.yaml': manifest('App', 'web', 'compose: ./sub'), 'sub/x.txt': 'a: 1\n' },
    ['a.yaml:6:12: E_REPO_DIRECTORY spec.compose: "sub" is a folder (name one file)'],
  ],
  [
    'a link',
    { 'a.yaml': manifest('App', 'web', 'compose: c'), c: { mode: '120000', text: '/etc/passwd' } },
    [
      'a.yaml:6:12: E_REPO_SYMLINK spec.compose: "c" is a symbolic link (put the file itself there; links are never followed)',
    ],
  ],
  [
    'a file below a link',
    {
      'a.yaml': manifest('App', 'web', 'compose: sub/c.yaml'),
      sub: { mode: '120000', text: '/etc' },
    },
    [
      'a.yaml:6:12: E_REPO_SYMLINK spec.compose: sub/c.yaml: "sub" is a symbolic link (put the file itself there; links are never followed)',
      'sub:0:0: W_REPO_SYMLINK: "sub" is a symbolic link (put the file itself there; links are never followed)',
      'sub/.env:0:0: E_REPO_SYMLINK: "sub" is a symbolic link (put the file itself there; links are never followed)',
    ],
  ],
  [
    'a file in a submodule',
    { 'a.yaml': manifest('App', 'web', 'compose: sub/c.yaml'), sub: { mode: '160000' } },
    [
      'a.yaml:6:12: E_REPO_SUBMODULE spec.compose: sub/c.yaml: "sub" is a submodule (copy what is needed into the repository; submodules are never fetched)',
      'sub:0:0: W_REPO_SUBMODULE: "sub" is a submodule (copy what is needed into the repository; submodules are never fetched)',
      'sub/.env:0:0: E_REPO_SUBMODULE: "sub" is a submodule (copy what is needed into the repository; submodules are never fetched)',
    ],
  ],
  [
    'an LFS pointer',
    {
      'a.yaml': manifest('App', 'web', 'compose: c'),
      c: 'version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 3\n',
    },
    [
      'a.yaml:6:12: E_REPO_LFS spec.compose: "c" is a Git LFS pointer, not the file (commit the file itself)',
    ],
  ],
  [
    'a name that is not safe',
    { 'a.yaml': manifest('App', 'web', 'compose: "c\\u202e"'), 'c\u202e': 'services: {}' },
    [
      'a.yaml:6:12: E_REPO_PATH spec.compose: c\\u202e: the name has a control character, backslash or invisible mark (rename it)',
    ],
  ],
  [
    'a file that is too large',
    { 'a.yaml': manifest('App', 'web', 'compose: c'), c: { mode: '100644', size: 256 * 1024 + 1 } },
    [
      'a.yaml:6:12: E_YAML_SIZE spec.compose: c: 262145 bytes; 256 KiB are allowed (split it into several files)',
    ],
  ],
  [
    'a file of a gigabyte',
    {
      'a.yaml': manifest('App', 'web', 'compose: c'),
      c: { mode: '100644', size: 2 ** 30, text: 'g' },
    },
    [
      'a.yaml:6:12: E_REPO_FILE_TOO_LARGE spec.compose: c: 1073741824 bytes; 256 KiB are allowed (split it into several files)',
    ],
  ],
  [
    'paths that lead out',
    {
      'x/y/a.yaml': manifest('App', 'web', 'compose: ../../c.yaml'),
      'x/y/b.yaml': manifest(
        'App',
        'b',
        'compose: [/etc/passwd, "%2e%2e/x", "a\\\\b", "~/x", "..", "\\0"]',
      ),
    },
    [
      'x/y/a.yaml:6:12: E_PATH_OUTSIDE_PROJECT spec.compose: "../../c.yaml" leads too far up (an app may use files in its own folder, below it, and one folder above)',
      'x/y/b.yaml:6:13: E_PATH_OUTSIDE_PROJECT spec.compose[0]: "/etc/passwd" is not relative (an app may use files in its own folder, below it, and one folder above)',
      'x/y/b.yaml:6:26: E_PATH_OUTSIDE_PROJECT spec.compose[1]: "%2e%2e/x" is not a plain relative path (an app may use files in its own folder, below it, and one folder above)',
      'x/y/b.yaml:6:38: E_PATH_OUTSIDE_PROJECT spec.compose[2]: "a\\\\b" is not a plain relative path (an app may use files in its own folder, below it, and one folder above)',
      'x/y/b.yaml:6:46: E_PATH_OUTSIDE_PROJECT spec.compose[3]: "~/x" is not relative (an app may use files in its own folder, below it, and one folder above)',
      'x/y/b.yaml:6:53: E_REPO_DIRECTORY spec.compose[4]: "x" is a folder (name one file)',
      'x/y/b.yaml:6:59: E_PATH_OUTSIDE_PROJECT spec.compose[5]: "\\u0000" is not a plain relative path (an app may use files in its own folder, below it, and one folder above)',
    ],
  ],
  [
    'paths that are remote',
    {
      'a.yaml': manifest('App', 'web', 'compose: ["https://x/y.yaml", "oci://x/y", "git@x:y.git"]'),
    },
    [
      'a.yaml:6:13: E_FIELD_NOT_ALLOWED spec.compose[0]: only files of the repository can be used, nothing remote',
      'a.yaml:6:33: E_FIELD_NOT_ALLOWED spec.compose[1]: only files of the repository can be used, nothing remote',
      'a.yaml:6:46: E_FIELD_NOT_ALLOWED spec.compose[2]: only files of the repository can be used, nothing remote',
    ],
  ],
];

describe('a Compose file that cannot be used, said where it is named with what to do', () => {
  test.each(FILES)('%s', async (_when, files, says) => {
    expect(said(await loadFiles(files))).toEqual(says);
  });
});
