import { describe, expect, it } from 'vitest';
import {
  type ComposeMount,
  type ComposeService,
  type OnChange,
  sha256,
} from '../schemas/domain/index.ts';
import { parseTreeSource } from './files.ts';
import type { FilesInput } from './mounted-files.ts';
import { filesRecord, mountedTrees, recordKey } from './mounted-trees.ts';
import { engineMounts } from './mounts.ts';

const file = (text: string) => ({ sha256: sha256(text), size: text.length, executable: false });
const bind = (source: string, target: string): ComposeMount => ({
  type: 'bind',
  source,
  target,
  read_only: true,
});
const FOLDER = bind('repo:/web/conf.d', '/etc/conf.d');
const FILE = bind('repo:/web/nginx.conf', '/etc/nginx.conf');

function input(web: Partial<ComposeService>, texts: Readonly<Record<string, string>>): FilesInput {
  const entries = Object.entries(texts).map(
    ([path, text]) => [`repo:/${path}`, file(text)] as const,
  );
  const model = {
    name: 'shop',
    services: { web: { image: 'a', ...web } },
    networks: {},
    volumes: { data: {} },
    configs: { extra: { file: 'repo:/web/extra.conf' } },
    secrets: {},
  };
  return { model, service: 'web', files: new Map(entries) };
}

const TEXTS = { 'web/conf.d/a.conf': 'a', 'web/conf.d/sub/b.conf': 'b', 'web/nginx.conf': 'n' };
const live = (onChange: OnChange = { signal: 'SIGHUP' }) => ({ 'x-skep': { onChange } });
const sources = (given: FilesInput) => engineMounts(given).Mounts.map(({ Source }) => Source);

describe('a mounted folder', () => {
  it('is one read-only mount of everything below it', () => {
    const given = input({ volumes: [FOLDER, FILE] }, TEXTS);
    const [tree, ...others] = mountedTrees(given);
    expect(others).toEqual([]);
    expect(tree?.entries.map(({ path }) => path)).toEqual(['a.conf', 'sub/b.conf']);
    expect(engineMounts(given)).toEqual({
      Binds: [],
      Mounts: [
        { Type: 'bind', Source: tree?.source, Target: '/etc/conf.d', ReadOnly: true },
        {
          Type: 'bind',
          Source: `skep-file:${sha256('n')}:644:0:0`,
          Target: '/etc/nginx.conf',
          ReadOnly: true,
        },
      ],
    });
  });

  it('has another source with other content, and only then', () => {
    const source = (texts: Record<string, string>) =>
      sources(input({ volumes: [FOLDER] }, texts))[0];
    expect(source(TEXTS)).toBe(source({ ...TEXTS, 'web/nginx.conf': 'other' }));
    expect(source(TEXTS)).not.toBe(source({ ...TEXTS, 'web/conf.d/a.conf': 'A' }));
    expect(source(TEXTS)).not.toBe(source({ ...TEXTS, 'web/conf.d/c.conf': 'c' }));
  });

  it('has a place for everything that is mounted in it', () => {
    const web = {
      volumes: [FOLDER, { type: 'volume' as const, source: 'data', target: '/etc/conf.d/data/' }],
      tmpfs: ['/etc/conf.d/run:size=1m', '/etc/conf.d/sub'],
      configs: [{ source: 'extra', target: '/etc/conf.d/extra.conf' }],
    };
    const given = input(web, { ...TEXTS, 'web/extra.conf': 'x' });
    const [tree] = mountedTrees(given);
    expect(tree?.entries.map(({ path, sha256: hash }) => [path, hash])).toEqual([
      ['a.conf', sha256('a')],
      ['data', undefined],
      ['extra.conf', sha256('')],
      ['run', undefined],
      ['sub/b.conf', sha256('b')],
    ]);
    expect(sources(given)).toContain(`skep-file:${sha256('x')}:444:0:0`);
  });
});

describe('a service whose files change in place', () => {
  it('mounts the same sources whatever they hold', () => {
    const web = { volumes: [FOLDER, FILE], ...live() };
    const before = sources(input(web, TEXTS));
    const after = sources(input(web, { ...TEXTS, 'web/nginx.conf': 'm', 'web/conf.d/c': 'c' }));
    expect(after).toEqual(before);
    expect(before.map((source) => parseTreeSource(String(source))?.kind)).toEqual(['live', 'live']);
    expect(new Set(before).size).toBe(2);
  });

  it('does not share them with another service or app', () => {
    const given = input({ volumes: [FILE], ...live() }, TEXTS);
    const model = { ...given.model, name: 'other' };
    const services = { ...given.model.services, api: given.model.services['web'] ?? {} };
    const own = sources(given);
    expect(sources({ ...given, model })).not.toEqual(own);
    expect(sources({ ...given, service: 'api', model: { ...given.model, services } })).not.toEqual(
      own,
    );
  });

  it('is known by a record that tells which file changed and not what it holds', () => {
    const web = { volumes: [FOLDER, FILE], ...live('none') };
    const before = filesRecord(input(web, TEXTS)) ?? {};
    const after = filesRecord(input(web, { ...TEXTS, 'web/nginx.conf': 'm' })) ?? {};
    expect(Object.keys(before)).toEqual([
      '/etc/conf.d/a.conf',
      '/etc/conf.d/sub/b.conf',
      '/etc/nginx.conf',
    ]);
    expect(Object.keys(before).filter((key) => before[key] !== after[key])).toEqual([
      '/etc/nginx.conf',
    ]);
    expect(JSON.stringify(after)).not.toContain(sha256('m').slice(0, 8));
    expect(filesRecord(input({ volumes: [FILE] }, TEXTS))).toBeUndefined();
    expect(filesRecord(input({ ...live() }, {}))).toEqual({});
  });

  it('is recorded under names that come back from the wire as they are', () => {
    expect(recordKey('/etc/a b')).toBe('/etc/a b');
    expect(recordKey('/etc/\u202e')).toBe(sha256('/etc/\u202e'));
    expect(recordKey(`/${'x'.repeat(300)}`)).toHaveLength(64);
  });
});

describe('the source of a tree', () => {
  it.each(['/etc', 'skep-tree:abc', `skep-file:${'a'.repeat(64)}`, `skep-live:${'A'.repeat(64)}`])(
    'is not %s',
    (text) => {
      expect(parseTreeSource(text)).toBeUndefined();
    },
  );
});
