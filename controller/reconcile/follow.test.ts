import { expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import { sha256, toBlobId, toCommitSha } from '../../schemas/domain/index.ts';
import { createLoadCache } from '../core/load/load.ts';
import { anApp } from '../testing/builders.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { MemoryStore } from '../testing/memory-ports.ts';
import { desiredOf } from '../testing/pass-fixture.ts';
import { difference, Follow, type InForce } from './follow.ts';
import type { Commit, Source } from './ports.ts';

const MANIFEST = 'apiVersion: skep/v1\nkind: Host\nmetadata: {name: web-01}\n';
const BLOB = toBlobId(sha256(MANIFEST));
const COMMIT: Commit = {
  sha: toCommitSha('c'.repeat(40)),
  subject: '',
  author: '',
  committedAt: '',
  allowDestroy: [],
};

it('publishes a revision again that could not be put in force, and then no more', async () => {
  let trigger = () => {};
  const source: Source = {
    fetch: async () => COMMIT,
    tree: async () => [{ path: 'h.yaml', mode: '100644', size: MANIFEST.length, blob: BLOB }],
    blobs: async () => new Map([[BLOB, new TextEncoder().encode(MANIFEST)]]),
    log: async () => [COMMIT],
    onTrigger: (listener) => {
      trigger = listener;
    },
  };
  const clock = new DrivenClock();
  const published: InForce[] = [];
  let isFull = true;
  const follow = new Follow({
    source,
    loader: {
      source,
      cache: createLoadCache(),
      secrets: { open: async () => ({ fault: 'none here' }) },
      implicitHosts: [],
      now: () => clock.now(),
      pause: async () => {},
    },
    store: new MemoryStore(),
    clock,
    logger: silentLogger,
    repository: 'r',
    branch: 'main',
    publish: async (inForce) => {
      published.push(inForce);
      if (isFull) throw new Error('the disk is full');
    },
  });
  follow.start(new AbortController().signal);
  await follow.stop();
  expect(follow.status().error?.message).toBe('the disk is full');
  isFull = false;
  trigger();
  await follow.stop();
  expect(follow.status()).toMatchObject({ error: null, revision: COMMIT.sha });
  trigger();
  await follow.stop();
  expect(published.map(({ commit }) => commit.sha)).toEqual([COMMIT.sha, COMMIT.sha]);
});

it('looks again at every unit when a login changes, and touches none for it', () => {
  const app = anApp();
  const login = (password: string) => ({
    ...desiredOf([app]),
    registries: new Map([
      [
        'default/own',
        {
          place: { file: 'r.yaml', line: 1, column: 1 },
          server: 'r.example',
          username: 'bot',
          password,
          projects: ['default'],
        },
      ],
    ]),
  });
  const units = [...app.units.values()].map(({ key }) => key);
  expect(difference(login('old'), login('new'))).toEqual({ touched: [], revisit: units });
  expect(difference(login('old'), login('old'))).toEqual({ touched: [], revisit: [] });
});

it('touches the units of an app that adopts from now on, so that it can be waited for', () => {
  const before = anApp();
  const adopting = { ...before, adopt: true };
  expect(difference(desiredOf([before]), desiredOf([adopting])).touched).toEqual([
    ...[...before.units.values()].map(({ key }) => key),
  ]);
  const after = difference(desiredOf([adopting]), desiredOf([before]));
  expect(after).toMatchObject({
    touched: [],
    revisit: [...before.units.values()].map(({ key }) => key),
  });
});
