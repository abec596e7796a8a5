import { expect, test } from 'vitest';
import { loadFiles, manifest } from '../load/testing/repository.ts';
import { can } from './can.ts';
import { ALL_ACCESS, rolesOf, subjectOf } from './subject.ts';

const role = (name: string, users: string, verb: string) =>
  manifest(
    'Role',
    name,
    `members: {users: [${users}]}\nrules:\n  - {resources: [apps], verbs: [${verb}]}`,
  );

test('a user may what the roles with that member allow, and no more', async () => {
  const { desired } = await loadFiles({
    'u.yaml': ['alice', 'bob'].map((name) => manifest('User', name, '')).join('---\n'),
    'r.yaml': [role('read', 'alice, bob', 'read'), role('hold', 'alice', 'hold')].join('---\n'),
  });
  const verbs = (user: string) => subjectOf(desired, user).rules.flatMap((rule) => rule.verbs);
  expect(verbs('alice').sort()).toEqual(['hold', 'read']);
  expect(verbs('bob')).toEqual(['read']);
  expect(verbs('eve')).toEqual([]);
  expect(rolesOf(desired, 'alice')).toEqual(['hold', 'read']);
  expect(rolesOf(desired, 'eve')).toEqual([]);
});

test('the operator may everything', () => {
  const subject = { name: 'operator', rules: [ALL_ACCESS] };
  const resource = { kind: 'apps', project: 'shop', name: 'web' } as const;
  expect(can(subject, 'destroy', resource)).toBe(true);
});
