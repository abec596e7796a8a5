// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { describe, expect, it, test } from 'vitest';
import { type Files, mergeOf } from './testing/layers.ts';

const main = (include: string, more = 'services: {web: {image: web}}') => ({
  '/p/compose.yaml': `include: ${include}\n${more}\n`,
});
const other = (text: string): Files => ({ '/p/sub/compose.yaml': `${text}\n` });
const DB = 'services: {db: {image: "db:${TAG:-0}", volumes: ["./data:/data"]}}';

describe('a file that includes another', () => {
  it('has its services and objects, with paths that start from its own folder', () => {
    const { tree, issues } = mergeOf({
      ...main('[sub/compose.yaml]'),
      ...other(`${DB}\nconfigs: {c: {file: c.conf}}\nvolumes: {v: {}}\nnetworks: {n: {}}`),
    });
    expect(issues).toEqual([]);
    expect(tree).toEqual({
      services: { web: { image: 'web' }, db: { image: 'db:0', volumes: ['./sub/data:/data'] } },
      configs: { c: { file: './sub/c.conf' } },
      volumes: { v: {} },
      networks: { n: {} },
    });
  });

  test.each<[what: string, include: string, files: Files, image: string]>([
    ['the .env beside it', '[sub/compose.yaml]', { '/p/sub/.env': 'TAG=1\n' }, 'db:1'],
    [
      'the env file that is named instead',
      '[{path: sub/compose.yaml, env_file: other.env}]',
      { '/p/sub/.env': 'TAG=1\n', '/p/other.env': 'TAG=2\n' },
      'db:2',
    ],
    [
      'the later of several',
      '[{path: sub/compose.yaml, env_file: [a.env, b.env]}]',
      { '/p/a.env': 'TAG=1\nX=y\n', '/p/b.env': 'TAG=${X}\n' },
      'db:y',
    ],
    [
      'the folder that is named for it',
      '[{path: sub/compose.yaml, project_directory: elsewhere}]',
      { '/p/elsewhere/.env': 'TAG=3\n', '/p/sub/.env': 'TAG=1\n' },
      'db:3',
    ],
  ])('gives it the variables of %s', (_what, include, files, image) => {
    const { tree, issues } = mergeOf({ ...main(include), ...other(DB), ...files });
    expect(issues).toEqual([]);
    expect(tree).toMatchObject({ services: { db: { image } } });
  });

  it('wins with its own variables', () => {
    const files = { ...main('[sub/compose.yaml]'), ...other(DB), '/p/sub/.env': 'TAG=1\n' };
    const { tree } = mergeOf(files, { values: { TAG: 'own' } });
    expect(tree).toMatchObject({ services: { db: { image: 'db:own' } } });
  });

  it('merges several paths of one include over each other', () => {
    const { tree } = mergeOf({
      ...main('[{path: [sub/compose.yaml, sub/over.yaml]}]'),
      ...other(DB),
      '/p/sub/over.yaml': 'services: {db: {hostname: h}}\n',
    });
    expect(tree).toMatchObject({ services: { db: { image: 'db:0', hostname: 'h' } } });
  });

  it('may declare the same as the other, and nothing else under its name', () => {
    const own = 'services: {db: {image: a}}';
    const files = (text: string) => ({ ...main('[sub/compose.yaml]', own), ...other(text) });
    expect(mergeOf(files('services: {db: {image: a}}')).issues).toEqual([]);
    expect(mergeOf(files('services: {db: {image: b}}')).issues.join()).toContain(
      'compose.yaml:2:12 E_DUPLICATE_NAME services.db',
    );
  });

  test.each<[what: string, include: string, files: Files, issue: string]>([
    ['that is not there', '[none.yaml]', {}, 'compose.yaml:1:11 E_FILE_MISSING include[0]'],
    [
      'that includes it',
      '[sub/compose.yaml]',
      other('include: [../compose.yaml]\nservices: {db: {image: a}}'),
      'E_DEPENDENCY_CYCLE include[0]',
    ],
    [
      'whose env file is not there',
      '[{path: sub/compose.yaml, env_file: none.env}]',
      other(DB),
      'E_FILE_MISSING include[0].env_file',
    ],
    ['of elsewhere', '["https://example.org/c.yaml"]', {}, 'E_FIELD_NOT_ALLOWED include[0]'],
    ['without a path', '[{env_file: a}]', {}, 'W_OPTION_IGNORED include[0]'],
  ])('is told of one %s', (_what, include, files, issue) => {
    expect(mergeOf({ ...main(include), ...files }).issues.join('\n')).toContain(issue);
  });
});
