import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../kit/clock.ts';
import { silentLogger } from '../../kit/logger.ts';
import type {
  AppStatus,
  DesiredApp,
  DesiredRole,
  DesiredState,
  DesiredUser,
  Health,
  HostStatus,
  RoleRule,
} from '../../schemas/domain/index.ts';
import {
  DEFAULT_DELETION_BUDGET,
  toAppId,
  toCommitSha,
  toHostName,
  toProjectName,
  toSha256,
  toUnitKey,
} from '../../schemas/domain/index.ts';
import { findAccount } from '../api/accounts.ts';
import { createApp } from '../api/app.ts';
import { hashPassword } from '../api/password.ts';
import type { ApiDeps, SigningKey } from '../api/ports.ts';
import { type ApiServer, startApiServer } from '../api/server.ts';
import { issueAccessToken } from '../api/tokens.ts';
import { type OpenStore, openStore } from '../store/open-store.ts';
import { DrivenClock } from './driven-clock.ts';

export const AT = '2026-01-01T00:00:00.000Z';
export const SHA = toCommitSha('a'.repeat(40));
export const PASSWORD = 'correct horse battery staple';
const PASSWORD_HASH = hashPassword(PASSWORD);
const PLACE = { file: 'x.yaml', line: 1, column: 1 };

/** A user for each way of having rights; `root` has all, `shopper` those of one project. */
const RULES: Readonly<Record<string, readonly RoleRule[]>> = {
  root: [{ resources: ['*'], verbs: ['*'] }],
  shopper: [{ resources: ['*'], verbs: ['*'], projects: ['shop'] }],
  reader: [{ resources: ['*'], verbs: ['read'] }],
  stranger: [],
};
export type Person = 'root' | 'shopper' | 'reader' | 'stranger';
export const PEOPLE: readonly Person[] = ['root', 'shopper', 'reader', 'stranger'];

export function aSigningKey(kid: string): SigningKey {
  return { kid, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}

export function anAppStatus(project: string, name: string, health: Health = 'Healthy'): AppStatus {
  const id = toAppId(project, name);
  const host = toHostName('web-01');
  const unit = {
    key: toUnitKey(id, host),
    app: id,
    host,
    health,
    sync: 'Synced' as const,
    revision: SHA,
    appliedRevision: SHA,
    appliedFingerprint: null,
    conditions: [],
    services: [
      {
        service: 'web',
        health,
        reason: 'AllHealthy' as const,
        message: '',
        image: 'example:1',
        replicas: { desired: 1, running: 1 },
        containers: [{ id: `id-${project}-${name}`, name: `${name}-web-1` }],
      },
    ],
    pending: [],
    logs: [],
    updatedAt: AT,
  };
  return {
    id,
    project: toProjectName(project),
    name,
    health,
    sync: 'Synced',
    revision: SHA,
    conditions: [],
    units: [unit],
    updatedAt: AT,
  };
}

export function aHostStatus(name: string): HostStatus {
  return {
    name: toHostName(name),
    declared: true,
    state: 'online',
    since: AT,
    engine: '28.5.2',
    apiVersion: '1.51',
    agentVersion: '0.1.0',
    paused: null,
    labels: {},
    units: 2,
  };
}

export function aDesiredState(changes: Partial<DesiredState> = {}): DesiredState {
  const users = Object.keys(RULES).map(
    (name): DesiredUser => ({
      name,
      place: PLACE,
      passwordHash: PASSWORD_HASH,
      disabled: false,
    }),
  );
  const roles = Object.entries(RULES).map(
    ([name, rules]): DesiredRole => ({
      name: `${name}s`,
      place: PLACE,
      members: { users: [name], oidcGroups: [] },
      rules,
    }),
  );
  const projects = ['shop', 'bank'].map((name) => ({
    name: toProjectName(name),
    place: PLACE,
    deletionBudget: DEFAULT_DELETION_BUDGET,
  }));
  const apps = [aDesiredApp('shop', 'web'), aDesiredApp('bank', 'ledger')];
  return {
    revision: SHA,
    projects: new Map(projects.map((project) => [project.name, project])),
    hosts: new Map(),
    apps: new Map(apps.map((app) => [app.id, app])),
    users: new Map(users.map((user) => [user.name, user])),
    roles: new Map(roles.map((role) => [role.name, role])),
    contents: new Map(),
    registries: new Map(),
    ...changes,
  };
}

function aDesiredApp(project: string, name: string): DesiredApp {
  return {
    id: toAppId(project, name),
    project: toProjectName(project),
    name,
    place: { file: `${project}/${name}/app.yaml`, line: 1, column: 1 },
    revision: SHA,
    projectName: `${project}-${name}`,
    contentHash: toSha256('0'.repeat(64)),
    dependsOn: [],
    drift: 'heal',
    adopt: false,
    pruneVolumes: false,
    rollout: { deadlineMs: 600_000 },
    units: new Map(),
    secretValues: new Set(),
  };
}

export interface ApiFixture {
  readonly url: string;
  readonly store: OpenStore;
  readonly clock: DrivenClock;
  readonly deps: ApiDeps;
  readonly server: ApiServer;
  /** What `deps.desired()` answers from now on. */
  setDesired(desired: DesiredState | undefined): void;
  tokenOf(person: string): string;
  /** A request of that person, or of nobody. */
  get(path: string, person?: Person, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, person?: Person): Promise<Response>;
  stop(): Promise<void>;
}

/** The real app with a real store on loopback; the clock stands still until driven. */
export async function startApiFixture(changes: Partial<ApiDeps> = {}): Promise<ApiFixture> {
  const dataDir = mkdtempSync(join(tmpdir(), 'skep-api-'));
  const clock = new DrivenClock();
  const store = await openStore({ dataDir, clock: systemClock });
  let desired: DesiredState | undefined = aDesiredState();
  const deps: ApiDeps = {
    store,
    desired: () => desired,
    sourceStatus: () => ({
      repository: 'ssh://git.example/fleet.git',
      branch: 'main',
      head: SHA,
      revision: SHA,
      fetchedAt: AT,
      error: null,
    }),
    hosts: () => [aHostStatus('web-01'), aHostStatus('web-02')],
    plan: async () => ({ revision: SHA, issues: [], units: [] }),
    tailLogs: async () => ['one', 'two'],
    masked: (_app, text) => text.replaceAll('canary', '(secret)'),
    subscribe: (listener) => store.subscribe(listener),
    notReady: () => [],
    keys: { current: aSigningKey('k1') },
    installation: '0123456789abcdef',
    addAudit: (entry) => store.addAudit(entry),
    clock,
    randomBytes,
    logger: silentLogger,
    ...changes,
  };
  const server = await startApiServer(createApp(deps), { listen: '127.0.0.1:0' });
  const tokenOf = (person: string) => {
    const account = findAccount(deps, person);
    if (!account) throw new Error(`no account ${person}`);
    return issueAccessToken(deps, person, account.passwordMark);
  };
  const headersOf = (person?: Person): Record<string, string> =>
    person ? { Authorization: `Bearer ${tokenOf(person)}` } : {};
  return {
    url: server.url,
    store,
    clock,
    deps,
    server,
    setDesired(next) {
      desired = next;
    },
    tokenOf,
    get: (path, person, init = {}) =>
      fetch(server.url + path, {
        ...init,
        headers: { ...headersOf(person), ...(init.headers as Record<string, string>) },
      }),
    post: (path, body, person) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headersOf(person) },
        body: JSON.stringify(body),
      }),
    async stop() {
      await server.stop();
      await store.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
