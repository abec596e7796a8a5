import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import {
  type AppId,
  type CommitSha,
  type DesiredState,
  Failure,
  toAppId,
  toCommitSha,
  toHostName,
} from '../../schemas/domain/index.ts';
import { createLoadCache } from '../core/load/load.ts';
import { aRepository, manifest } from '../core/load/testing/repository.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { Facts } from './facts.ts';
import { type LoaderOptions, loadCommit } from './load-commit.ts';
import type { Removals, Source, Store, Vault } from './ports.ts';
import { RemovalJudge } from './removal-judge.ts';

const NEVER = new AbortController().signal;
const app = (name: string): AppId => toAppId('default', name);
const shaOf = (number: number): CommitSha => toCommitSha(String(number).repeat(40));
const files = (...names: string[]) =>
  Object.fromEntries([
    ['project.yaml', manifest('Project', 'default', '')],
    ...names.map((written) => {
      // `new<old`: renamed.
      const [name = '', former] = written.split('<');
      const text = manifest('App', name, 'compose:\n  services:\n    web:\n      image: web:1');
      const renamed = text.replace('\nspec:', `\n  renamedFrom: ${former}\nspec:`);
      return [`${name}.yaml`, former === undefined ? text : renamed];
    }),
  ]);

/** A repository whose commits declare these apps, 1 first. */
class Scene {
  readonly loader: LoaderOptions;
  readonly facts: Facts;
  removals: Removals = { judged: null, allowed: [], held: [] };
  consent: readonly string[] = [];
  known: readonly AppId[] = [];
  unreadable: CommitSha | undefined;

  constructor(commits: readonly (readonly string[])[], judged: number) {
    this.removals = { ...this.removals, judged: shaOf(judged) };
    const trees = new Map(commits.map((names, n) => [shaOf(n + 1), aRepository(files(...names))]));
    const source: Partial<Source> = {
      tree: async (sha) => {
        if (sha === this.unreadable) throw new Failure('MirrorCorrupt', 'no such commit');
        return trees.get(sha)?.entries ?? [];
      },
      blobs: async (ids) => {
        const all = [...trees.values()].flatMap(({ blobs }) => [...blobs]);
        return new Map(all.filter(([id]) => ids.includes(id)));
      },
      log: async (sha) => [
        { sha, subject: '', author: '', committedAt: '', allowDestroy: this.consent },
      ],
    };
    this.loader = {
      source: source as Source,
      cache: createLoadCache(),
      secrets: { open: async () => ({ fault: 'no key' }) },
      implicitHosts: [toHostName('local')],
      now: () => 0,
      pause: async () => undefined,
    };
    const vault: Partial<Vault> = {
      facts: () => ({
        imageLocks: new Map(),
        failedMarks: [],
        completions: [],
        removals: this.removals,
      }),
      putRemovals: async (removals) => {
        this.removals = removals;
      },
    };
    this.facts = new Facts(vault as Vault);
  }

  desired(number: number): Promise<DesiredState> {
    return loadCommit(this.loader, shaOf(number), NEVER).then(({ desired }) => desired);
  }

  judge(): RemovalJudge {
    const store: Partial<Store> = { addEvent: async (event) => ({ ...event, id: 1 }) };
    return new RemovalJudge({
      facts: this.facts,
      store: store as Store,
      loader: this.loader,
      clock: new DrivenClock(),
      logger: silentLogger,
      heldApps: () => new Set(),
      known: () => new Set(this.known),
    });
  }
}

const FIVE = ['a', 'b', 'c', 'd', 'e'];

describe('removals, after a restart', () => {
  it('are counted against what the judged revision declared, whatever hosts tell', async () => {
    const scene = new Scene([FIVE, ['e']], 1);
    await scene.judge().judgeRevision(await scene.desired(2), NEVER);
    expect(scene.removals).toMatchObject({ allowed: [], held: ['a', 'b', 'c', 'd'].map(app) });
  });

  it('count a renamed app once, under whichever of its names a host has it', async () => {
    const scene = new Scene([['new<old'], []], 1);
    scene.known = [app('old')];
    await scene.judge().judgeRevision(await scene.desired(2), NEVER);
    expect(scene.removals).toMatchObject({ allowed: ['new', 'old'].map(app), held: [] });
  });

  it('stay held when hosts come one by one, each with one app', async () => {
    const scene = new Scene([FIVE, ['e']], 1);
    const judge = scene.judge();
    const desired = await scene.desired(2);
    await judge.judgeRevision(desired, NEVER);
    for (const name of ['a', 'b', 'c', 'd']) {
      scene.known = [app(name)];
      await judge.judgeHost(desired);
    }
    expect(scene.removals.allowed).toEqual([]);
  });

  it('with consent are allowed for apps of hosts that are away', async () => {
    const scene = new Scene([FIVE, ['e']], 1);
    scene.consent = ['all'];
    const judge = scene.judge();
    const desired = await scene.desired(2);
    await judge.judgeRevision(desired, NEVER);
    scene.known = [app('a'), app('b')];
    await judge.judgeHost(desired);
    expect(scene.removals.allowed).toEqual(['a', 'b', 'c', 'd'].map(app));
  });

  it('are judged by hosts and statuses where the judged revision is gone from git', async () => {
    const scene = new Scene([FIVE, ['e']], 1);
    scene.unreadable = shaOf(1);
    scene.known = [app('a')];
    await scene.judge().judgeRevision(await scene.desired(2), NEVER);
    expect(scene.removals.allowed).toEqual([app('a')]);
  });
});

describe('a judgement', () => {
  it('waits for the one before it, so that none is lost', async () => {
    const scene = new Scene([FIVE, ['e'], ['e']], 1);
    scene.consent = ['all'];
    const judge = scene.judge();
    const desired = await scene.desired(2);
    const revision = judge.judgeRevision(desired, NEVER);
    scene.known = [app('z')];
    await Promise.all([revision, judge.judgeHost(desired)]);
    expect(scene.removals.allowed).toEqual(['a', 'b', 'c', 'd', 'z'].map(app));
  });
});
