import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFiles } from './write-files.ts';

const FILES = new Map([
  ['apps/shop/app.yaml', 'kind: App\n'],
  ['apps/shop/compose.yaml', 'services: {}\n'],
  ['hosts/web-01.yaml', 'kind: Host\n'],
]);

describe('files of an import', () => {
  let folder: string;
  let root: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skep-write-'));
    root = join(folder, 'deep/repo');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('come whole, an App after all that it needs, and leave nothing else', () => {
    expect(writeFiles(root, FILES)).toEqual([
      'apps/shop/compose.yaml',
      'hosts/web-01.yaml',
      'apps/shop/app.yaml',
    ]);
    expect(readFileSync(join(root, 'apps/shop/app.yaml'), 'utf8')).toBe('kind: App\n');
    expect(readdirSync(root).sort()).toEqual(['apps', 'hosts']);
  });

  it('do not come at all where one is there', () => {
    mkdirSync(join(root, 'hosts'), { recursive: true });
    writeFileSync(join(root, 'hosts/web-01.yaml'), 'mine\n');
    expect(() => writeFiles(root, FILES)).toThrow('hosts/web-01.yaml: there already');
    expect(readFileSync(join(root, 'hosts/web-01.yaml'), 'utf8')).toBe('mine\n');
    expect(readdirSync(root)).toEqual(['hosts']);
  });

  it('go again, with the folders made for them, where one cannot be written', () => {
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'hosts'), 'a file in the place of the folder\n');
    expect(() => writeFiles(root, FILES)).toThrow('nothing is written');
    expect(readdirSync(root)).toEqual(['hosts']);
  });

  it('leave no folder behind that was made for them alone', () => {
    mkdirSync(folder, { recursive: true });
    const long = new Map([...FILES, [`apps/${'x'.repeat(300)}/app.yaml`, '']]);
    expect(() => writeFiles(root, long)).toThrow('nothing is written');
    expect(existsSync(join(folder, 'deep'))).toBe(false);
  });
});
