import { describe, expect, test } from 'vitest';
import { type ComposeInput, loadCompose } from './load-compose.ts';

const TEXT = `services:
  web: {image: w, depends_on: {db: {condition: service_started, required: false}}}
  db: {image: d, profiles: [data, all], env_file: nope.env, networks: [back]}
  tool: {image: t, profiles: ["tools"], depends_on: [web]}
networks: {back: {}}
`;

function load(options: Partial<ComposeInput> = {}, dotenv = '', text = TEXT) {
  return loadCompose({
    files: ['/p/compose.yaml'],
    projectDirectory: '/p',
    readFile(path) {
      const found = { '/p/compose.yaml': text, '/p/.env': dotenv }[path];
      if (found === undefined) return { kind: 'missing' };
      return { kind: 'file', bytes: new TextEncoder().encode(found) };
    },
    ...options,
  });
}

const names = (result: ReturnType<typeof load>) => Object.keys(result.model?.services ?? {});

describe('profiles', () => {
  test('leave out what nobody asks for, unread and with what it alone uses', () => {
    const result = load();
    expect(names(result)).toEqual(['web']);
    expect(Object.keys(result.model?.networks ?? {})).toEqual(['default']);
    expect([...result.looked]).not.toContain('/p/nope.env');
    expect(result.model?.services['web']?.depends_on).toMatchObject({ db: { required: false } });
  });

  test('bring in what belongs to one of them; * is all', () => {
    expect(names(load({ profiles: ['tools'] }))).toEqual(['tool', 'web']);
    expect(load({ profiles: ['*'] }).issues.map(({ code }) => code)).toContain('E_FILE_MISSING');
  });

  test('come from COMPOSE_PROFILES where none is given', () => {
    expect(names(load({}, 'COMPOSE_PROFILES=other, tools\n'))).toEqual(['tool', 'web']);
    expect(names(load({ profiles: [] }, 'COMPOSE_PROFILES=tools\n'))).toEqual(['web']);
  });

  test('must not switch off what is needed', () => {
    const text = 'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, profiles: [p]}\n';
    const { model, issues } = load({}, '', text);
    expect(model).toBeUndefined();
    expect(issues).toMatchObject([
      { code: 'E_DEPENDENCY_UNKNOWN', line: 2, column: 30, path: 'services.a.depends_on.b' },
    ]);
    expect(issues[0]?.hint).toContain('profiles p');
  });
});

describe('the name of the project', () => {
  test('comes from COMPOSE_PROJECT_NAME before that of the file', () => {
    const named = `name: own\n${TEXT}`;
    expect(load({}, '', named).model?.name).toBe('own');
    expect(load({}, 'COMPOSE_PROJECT_NAME=other\n', named).model?.name).toBe('other');
    expect(load({ projectName: 'given' }, 'COMPOSE_PROJECT_NAME=o\n').model?.name).toBe('given');
  });

  test('is not mended there', () => {
    const { issues } = load({}, 'COMPOSE_PROJECT_NAME=Not That\n');
    expect(issues).toMatchObject([{ code: 'E_DOTENV', file: '/p/.env' }]);
  });
});
