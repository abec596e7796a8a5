import { describe, expect, it } from 'vitest';
import {
  type AppId,
  type DesiredApp,
  type DesiredState,
  toAppId,
  toCommitSha,
  toProjectName,
} from '../../schemas/domain/index.ts';
import { judge } from './removals.ts';

const revision = toCommitSha('a'.repeat(40));
const id = (name: string) => toAppId('default', name);
const ids = (...names: string[]) => names.map(id);

function desired(...names: string[]): DesiredState {
  const apps = new Map<AppId, DesiredApp>();
  for (const name of names) {
    apps.set(id(name), { id: id(name), project: toProjectName('default') } as DesiredApp);
  }
  return {
    revision,
    projects: new Map(),
    hosts: new Map(),
    apps,
    users: new Map(),
    roles: new Map(),
    contents: new Map(),
    registries: new Map(),
  };
}

const none = { judged: null, allowed: [], held: [] };
const ten = Array.from({ length: 10 }, (_, index) => `app${index}`);

function judged(
  next: readonly string[],
  known: readonly string[],
  over: Partial<Parameters<typeof judge>[0]> = {},
) {
  return judge(
    {
      desired: desired(...next),
      heldApps: new Set(),
      known: new Set(ids(...known)),
      before: none,
      allowDestroy: [],
      ...over,
    },
    revision,
  );
}

describe('judge', () => {
  it('allows a removal within the budget', () => {
    expect(judged(ten.slice(1), ten)).toEqual({ judged: revision, allowed: ids('app0'), held: [] });
  });

  it('holds removals above the budget, all of them', () => {
    const verdict = judged(ten.slice(4), ten);
    expect(verdict.allowed).toEqual([]);
    expect(verdict.held).toEqual(ids('app0', 'app1', 'app2', 'app3'));
  });

  it('holds the removal of everything a project has', () => {
    expect(judged([], ['a', 'b']).held).toEqual(ids('a', 'b'));
  });

  it('keeps held what was held, also when a later revision removes little', () => {
    const before = { judged: revision, allowed: [], held: ids('a', 'b', 'c', 'd') };
    expect(judged(ten, [], { before }).held).toEqual(ids('a', 'b', 'c', 'd'));
  });

  it('releases exactly what a trailer names', () => {
    const before = { judged: revision, allowed: [], held: ids('a', 'b', 'c', 'd') };
    const verdict = judged(ten.slice(0, 2), [], { before, allowDestroy: ['App/a'] });
    expect(verdict.allowed).toEqual(ids('a'));
    expect(verdict.held).toEqual(ids('b', 'c', 'd'));
  });

  it('never removes an app that is declared but cannot be loaded', () => {
    expect(judged(ten, ['broken'], { heldApps: new Set(ids('broken')) })).toEqual({
      ...none,
      judged: revision,
    });
  });

  it('takes back a consent when the app is declared again', () => {
    const before = { judged: revision, allowed: ids('app0'), held: [] };
    expect(judged(ten, [], { before }).allowed).toEqual([]);
  });

  it('keeps a consent while a host that is away still has the app', () => {
    const before = { judged: revision, allowed: ids('old'), held: [] };
    expect(judged(ten, ['old'], { before }).allowed).toEqual(ids('old'));
  });
});
