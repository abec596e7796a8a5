import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RESOURCES, VERBS } from './domain/index.ts';
import { createManifestValidator, KINDS, type Kind } from './validate.ts';

const validate = createManifestValidator();

function check(kind: Kind, spec: unknown, metadata: object = { name: 'web' }): string[] {
  const value = { apiVersion: 'skep/v1', kind, metadata, ...(spec !== undefined && { spec }) };
  return validate(kind, value).map(({ code, path, key }) => {
    return [code, [...path, ...(key === undefined ? [] : [key])].join('.')].join(' ');
  });
}

const schemas = KINDS.map((kind) => {
  const file = join(import.meta.dirname, `${kind.toLowerCase()}.schema.json`);
  return { kind, schema: JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> };
});

/** Every schema inside a schema. */
function* parts(schema: unknown): Generator<Record<string, unknown>> {
  if (typeof schema !== 'object' || schema === null) return;
  if (!Array.isArray(schema)) yield schema as Record<string, unknown>;
  for (const member of Object.values(schema)) yield* parts(member);
}

describe('good manifests', () => {
  const hash = `$argon2id$v=19$m=19456,t=2,p=1$${'c'.repeat(22)}$${'d'.repeat(43)}`;

  test.each<[Kind, unknown]>([
    ['App', { compose: './compose.yaml' }],
    ['App', { compose: ['a.yaml', 'b.yaml'], hosts: ['h1'], values: { A: 1, B: true, C: 'x' } }],
    ['App', { compose: { services: {} }, hostSelector: { role: 'web' } }],
    ['App', { compose: 'x', suspend: { reason: 'why', until: '2030-01-31' }, restart: 3 }],
    ['App', { compose: 'x', rollout: { deadline: '1m30s' }, prune: { volumes: true } }],
    ['App', { compose: 'x', dependsOn: ['db', 'shop/db'], adopt: true, drift: 'report' }],
    ['Host', undefined],
    [
      'Host',
      { labels: { a: 1 }, address: '10.0.0.1', gateway: true, swarm: 's', values: { A: 1 } },
    ],
    ['Project', undefined],
    ['Project', { hosts: ['h1'], deletionBudget: { count: 0, percent: 12.5 } }],
    ['Project', { privileges: ['bind:/etc/x', 'docker-socket'], discover: [{ path: 'apps/*' }] }],
    ['User', { passwordHash: hash, disabled: false }],
    ['Role', { members: { users: ['a'] }, rules: [{ resources: ['*'], verbs: ['read'] }] }],
  ])('%s %j', (kind, spec) => {
    expect(check(kind, spec)).toEqual([]);
  });
});

describe('each fault has a code and a path', () => {
  test.each<[Kind, unknown, string[]]>([
    ['App', undefined, ['E_FIELD_MISSING ']],
    ['App', {}, ['E_FIELD_MISSING spec']],
    ['App', { compse: 'x' }, ['E_FIELD_UNKNOWN spec.compse']],
    ['App', { compose: 'x', bogus: 1 }, ['E_FIELD_UNKNOWN spec.bogus']],
    ['App', { compose: 'x', Hosts: ['a'] }, ['E_FIELD_UNKNOWN spec.Hosts']],
    ['App', { compose: 5 }, ['E_TYPE spec.compose']],
    ['App', { compose: null }, ['E_TYPE spec.compose']],
    ['App', { compose: [] }, ['E_VALUE spec.compose']],
    ['App', { compose: [1] }, ['E_TYPE spec.compose.0']],
    ['App', { compose: 'x', hosts: 'h1' }, ['E_TYPE spec.hosts']],
    ['App', { compose: 'x', hosts: ['h1', 'h1'] }, ['E_VALUE spec.hosts']],
    ['App', { compose: 'x', hosts: ['H1'] }, ['E_VALUE spec.hosts.0']],
    ['App', { compose: 'x', adopt: 'true' }, ['E_TYPE spec.adopt']],
    ['App', { compose: 'x', drift: 'heel' }, ['E_VALUE spec.drift']],
    ['App', { compose: 'x', values: { 'a b': 'x' } }, ['E_VALUE spec.values.a b']],
    ['App', { compose: 'x', values: { A: [] } }, ['E_TYPE spec.values.A']],
    ['App', { compose: 'x', rollout: { deadline: '5' } }, ['E_VALUE spec.rollout.deadline']],
    ['App', { compose: 'x', suspend: {} }, ['E_FIELD_MISSING spec.suspend']],
    ['Project', { deletionBudget: { count: -1 } }, ['E_VALUE spec.deletionBudget.count']],
    ['Project', { deletionBudget: { count: '3' } }, ['E_TYPE spec.deletionBudget.count']],
    ['Project', { privileges: ['root'] }, ['E_VALUE spec.privileges.0']],
    ['User', { passwordHash: 'secret' }, ['E_VALUE spec.passwordHash']],
    [
      'Role',
      { rules: [{ resources: ['app'], verbs: ['read'] }] },
      ['E_VALUE spec.rules.0.resources.0'],
    ],
    [
      'Role',
      { rules: [{ resources: ['apps'], verbs: ['reed'] }] },
      ['E_VALUE spec.rules.0.verbs.0'],
    ],
  ])('%s %j', (kind, spec, expected) => {
    expect(check(kind, spec)).toEqual(expected);
  });

  test('a typo of a required field is not also a missing field', () => {
    expect(check('App', { compse: 'x' })).toEqual(['E_FIELD_UNKNOWN spec.compse']);
    expect(check('App', { zzz: 'x' })).toEqual([
      'E_FIELD_MISSING spec',
      'E_FIELD_UNKNOWN spec.zzz',
    ]);
  });

  test('hints say what to write', () => {
    const [unknown] = validate('Host', {
      apiVersion: 'skep/v1',
      kind: 'Host',
      metadata: { name: 'a' },
      spec: { adress: 'x' },
    });
    expect(unknown?.hint).toBe('did you mean "address"?');
    const [far] = validate('Host', {
      apiVersion: 'skep/v1',
      kind: 'Host',
      metadata: { name: 'a' },
      spec: { zzz: 'x' },
    });
    expect(far?.hint).toBe('known here: labels, address, gateway, swarm, values');
    const [number] = validate('Host', {
      apiVersion: 'skep/v1',
      kind: 'Host',
      metadata: { name: 'a' },
      spec: { address: 5 },
    });
    expect(number).toMatchObject({
      message: 'must be a text, not a number',
      hint: 'put it in quotes',
    });
    const [flag] = validate('Host', {
      apiVersion: 'skep/v1',
      kind: 'Host',
      metadata: { name: 'a' },
      spec: { gateway: 'true' },
    });
    expect(flag?.hint).toBe('write it without quotes');
  });

  test('keys with / and ~ keep their names', () => {
    const metadata = { name: 'a', labels: { 'a/b~c': null } };
    expect(check('Host', undefined, metadata)).toEqual(['E_TYPE metadata.labels.a/b~c']);
  });

  test('inherited members are no fields', () => {
    const spec = Object.create({ compose: 'x' }) as object;
    expect(check('App', spec)).toEqual(['E_FIELD_MISSING spec']);
  });

  test('a refused value is shortened', () => {
    const [fault] = validate('User', {
      apiVersion: 'skep/v1',
      kind: 'User',
      metadata: { name: 'a'.repeat(10_000) },
    });
    expect(fault?.message.length).toBeLessThan(200);
  });
});

describe('the schemas themselves', () => {
  test.each(schemas)('$kind is closed, and says what every field is', ({ schema }) => {
    for (const part of parts(schema)) {
      if (!('properties' in part) || !('type' in part)) continue;
      expect(part['additionalProperties']).toBe(false);
      for (const property of Object.values(part['properties'] as object)) {
        const documented = 'description' in property || '$ref' in property;
        expect(documented, JSON.stringify(property)).toBe(true);
      }
    }
  });

  test('lists of the domain are those of the schema', () => {
    const text = JSON.stringify(schemas.find(({ kind }) => kind === 'Role')?.schema);
    expect(text).toContain(JSON.stringify({ enum: ['*', ...RESOURCES] }));
    expect(text).toContain(JSON.stringify({ enum: ['*', ...VERBS] }));
  });

  const patterns = schemas.flatMap(({ schema }) =>
    [...parts(schema)].flatMap(({ pattern }) => (typeof pattern === 'string' ? [pattern] : [])),
  );

  test.each([...new Set(patterns)])('%s is not slow on hostile text', (pattern) => {
    const compiled = new RegExp(pattern, 'u');
    const pieces = ['a', 'a-', '1s', '/', '$argon2id$v=19$m=1,t=1,p=1$a'];
    for (const text of pieces.map((piece) => piece.repeat(100_000 / piece.length))) {
      const start = performance.now();
      for (const tail of ['', '!', '\n', '-']) compiled.test(text + tail);
      expect(performance.now() - start).toBeLessThan(80);
    }
  });

  test('every schema has its generated types', () => {
    const generated = readdirSync(join(import.meta.dirname, 'generated'));
    expect(generated.sort()).toEqual(KINDS.map((kind) => `${kind.toLowerCase()}.ts`).sort());
  });
});
