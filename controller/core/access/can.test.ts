import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoleRule, Subject } from '../../../schemas/domain/index.ts';
import { RESOURCES, VERBS } from '../../../schemas/domain/index.ts';
import { can, canAny } from './can.ts';
import { ALL_ACCESS } from './subject.ts';

const subject = (...rules: RoleRule[]): Subject => ({ name: 'alice', rules });
const app = (project: string, name: string) => ({ kind: 'apps', project, name }) as const;

describe('can', () => {
  test('grants nothing without a rule', () => {
    expect(can(subject(), 'read', app('shop', 'web'))).toBe(false);
  });

  test('grants exactly the listed verbs on the listed resources', () => {
    const alice = subject({ resources: ['apps'], verbs: ['read', 'logs'] });
    expect(can(alice, 'read', app('shop', 'web'))).toBe(true);
    expect(can(alice, 'logs', app('shop', 'web'))).toBe(true);
    expect(can(alice, 'plan', app('shop', 'web'))).toBe(false);
    expect(can(alice, 'read', { kind: 'hosts', name: 'web-01' })).toBe(false);
  });

  test('a rule of one project does not reach another project, nor what has no project', () => {
    const alice = subject({ resources: ['*'], verbs: ['*'], projects: ['shop'] });
    expect(can(alice, 'read', app('shop', 'web'))).toBe(true);
    expect(can(alice, 'read', app('bank', 'web'))).toBe(false);
    expect(can(alice, 'read', { kind: 'hosts', name: 'web-01' })).toBe(false);
    expect(can(alice, 'audit', { kind: 'audit' })).toBe(false);
  });

  test('a rule of one name does not reach other names, nor what has no name', () => {
    const alice = subject({ resources: ['*'], verbs: ['*'], names: ['web'] });
    expect(can(alice, 'read', app('shop', 'web'))).toBe(true);
    expect(can(alice, 'read', app('shop', 'web2'))).toBe(false);
    expect(can(alice, 'audit', { kind: 'audit' })).toBe(false);
  });

  test('two rules do not add up across each other', () => {
    const alice = subject(
      { resources: ['apps'], verbs: ['read'], projects: ['shop'] },
      { resources: ['apps'], verbs: ['logs'], projects: ['bank'] },
    );
    expect(can(alice, 'logs', app('shop', 'web'))).toBe(false);
    expect(can(alice, 'read', app('bank', 'web'))).toBe(false);
  });

  test.each(['Shop', 'shop.', 'sho*', 's?op', '*hop', ' shop', 'shop/', 'ѕhop'])(
    'the project %j in a role is no pattern and matches only itself',
    (project) => {
      const alice = subject({ resources: ['*'], verbs: ['*'], projects: [project] });
      expect(can(alice, 'read', app('shop', 'web'))).toBe(false);
    },
  );

  test('full access covers every verb on every resource, with and without project and name', () => {
    const root = subject(ALL_ACCESS);
    for (const verb of VERBS) {
      for (const kind of RESOURCES) {
        expect(can(root, verb, { kind })).toBe(true);
        expect(can(root, verb, { kind, project: 'p', name: 'n' })).toBe(true);
      }
    }
  });

  test('adding a rule never takes access away', () => {
    const names = fc.constantFrom('*', 'a', 'b');
    const rule: fc.Arbitrary<RoleRule> = fc.record({
      resources: fc.array(fc.constantFrom('*', ...RESOURCES), { maxLength: 2 }),
      verbs: fc.array(fc.constantFrom('*' as const, ...VERBS), { maxLength: 2 }),
      projects: fc.array(names, { maxLength: 2 }),
      names: fc.array(names, { maxLength: 2 }),
    });
    const resource = fc.record({
      kind: fc.constantFrom(...RESOURCES),
      project: fc.constantFrom('a', 'b', 'c'),
      name: fc.constantFrom('a', 'b', 'c'),
    });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 4 }),
        rule,
        fc.constantFrom(...VERBS),
        resource,
        (rules, added, verb, what) => {
          const before = can(subject(...rules), verb, what);
          const after = can(subject(...rules, added), verb, what);
          expect(after).toBe(before || can(subject(added), verb, what));
        },
      ),
    );
  });
});

describe('canAny', () => {
  test('tells whether a verb is granted anywhere', () => {
    const alice = subject({ resources: ['apps'], verbs: ['read'], projects: ['shop'] });
    expect(canAny(alice, 'read')).toBe(true);
    expect(canAny(alice, 'audit')).toBe(false);
  });
});
