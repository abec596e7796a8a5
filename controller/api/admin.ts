import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { HostName } from '../../schemas/domain/index.ts';
import { Failure, NAME_PATTERN, toHostName } from '../../schemas/domain/index.ts';
import { ALL_ACCESS } from '../core/access/subject.ts';
import { createApp } from './app.ts';
import type { Session } from './authenticate.ts';
import { objectOf, readJson } from './body.ts';
import type { ApiDeps } from './ports.ts';
import { badBody, notFound } from './problem.ts';
import { type ApiRequest, json, type Route } from './route.ts';
import { READ_ROUTES } from './route-table.ts';
import { healthRoutes } from './routes/health.ts';
import { listening, SERVER_LIMITS, serving, stopServer } from './server.ts';

const ADMIN_SOCKET = 'admin.sock';
const DEFAULT_TTL_MS = 30 * 60_000;
const MAX_TTL_MS = 24 * 3_600_000;
/** sun_path holds 108 bytes with its end. */
const MAX_SOCKET_PATH_BYTES = 107;

/** The operator's few acts, done by other rooms. */
export interface OperatorActs {
  /** The whole join token as an agent takes it. */
  readonly createJoinToken: (host: HostName, ttlMs: number) => Promise<string>;
  /** Refuses the host's certificates from now on and cuts its session. */
  readonly revokeHost: (host: HostName) => Promise<void>;
  /** Makes this controller the one that writes. @returns the new epoch. */
  readonly takeOver: () => Promise<bigint>;
}

export interface AdminSocketOptions {
  readonly dataDir: string;
  readonly deps: ApiDeps;
  readonly acts: OperatorActs;
}

export interface AdminSocket {
  readonly path: string;
  stop(): Promise<void>;
}

/**
 * `<data-dir>/admin.sock`, for its owner alone: the reads of the API with everything visible, and
 * the operator's acts under /admin/v1. Who can open the file is the operator.
 * @throws Failure AdminSocketInUse, AdminSocketPath, ListenFailed
 */
export async function startAdminSocket(options: AdminSocketOptions): Promise<AdminSocket> {
  const path = join(options.dataDir, ADMIN_SOCKET);
  if (existsSync(path) && (await answers(path))) {
    const message = `${path} is in use: another controller runs on this data directory.`;
    throw new Failure('AdminSocketInUse', message, { retry: 'never' });
  }
  const app = createApp(options.deps, {
    routes: [...healthRoutes, ...READ_ROUTES, ...actRoutes(options.acts)],
    authenticate: () => OPERATOR,
  });
  const server = serving(createServer(SERVER_LIMITS), app);
  // Listened on in a folder nobody else can enter, so that it is never open wider than 0600.
  const folder = mkdtempSync(join(dirname(path), '.adm-'));
  const first = join(folder, 's');
  try {
    if (Buffer.byteLength(first) > MAX_SOCKET_PATH_BYTES) throw tooLong(path);
    await listening(server, () => server.listen(first), path);
    await chmod(first, 0o600);
    await rename(first, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    path,
    async stop() {
      await stopServer(server);
      rmSync(path, { force: true });
    },
  };
}

const OPERATOR: Session = {
  subject: { name: 'operator', rules: [ALL_ACCESS] },
  isValid: () => true,
};

function actRoutes(acts: OperatorActs): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/admin/v1/join-tokens',
      summary: 'A one-time token with which an agent joins as that host',
      access: 'signed-in',
      body: { host: 'Name of the host.', ttl: 'Life, `30m`; up to `24h`.' },
      answer: '{host, token, expiresAt}',
      run: async (request) => {
        const { host, ttlMs } = tokenRequest(await readJson(request.ctx.req));
        const expiresAt = new Date(request.deps.clock.now() + ttlMs).toISOString();
        // Recorded first: an act that can not be audited is not done.
        await record(request, 'join-token.create', `host:${host}`, { expiresAt });
        return json({ host, token: await acts.createJoinToken(host, ttlMs), expiresAt }, 201);
      },
    },
    {
      method: 'POST',
      path: '/admin/v1/hosts/:name/revoke',
      summary: 'Cuts an agent off; it comes back only with a new join token',
      access: 'signed-in',
      answer: '{host}',
      run: async (request) => {
        const { name = '' } = request.params;
        if (!NAME_PATTERN.test(name)) throw notFound();
        const host = toHostName(name);
        await record(request, 'host.revoke', `host:${host}`, {});
        await acts.revokeHost(host);
        return json({ host });
      },
    },
    {
      method: 'POST',
      path: '/admin/v1/take-over',
      summary: 'Makes this controller the one whose operations agents accept',
      access: 'signed-in',
      answer: '{epoch}',
      run: async (request) => {
        await record(request, 'controller.take-over', 'controller', {});
        return json({ epoch: String(await acts.takeOver()) });
      },
    },
  ];
}

async function record(
  { deps }: ApiRequest,
  action: string,
  subject: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const at = new Date(deps.clock.now()).toISOString();
  await deps.addAudit({ at, actor: 'operator', action, subject, detail });
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function tokenRequest(body: unknown): { readonly host: HostName; readonly ttlMs: number } {
  const { host, ttl, ...rest } = objectOf(body);
  if (Object.keys(rest).length > 0) throw badBody('Only `host` and `ttl` are known here.');
  if (typeof host !== 'string' || !NAME_PATTERN.test(host)) {
    throw badBody('`host` is a name of lower-case letters, digits and dashes.');
  }
  return { host: toHostName(host), ttlMs: ttl === undefined ? DEFAULT_TTL_MS : ttlOf(ttl) };
}

function ttlOf(ttl: unknown): number {
  const match = typeof ttl === 'string' ? /^(\d{1,6})([smh])$/.exec(ttl) : null;
  const ttlMs = Number(match?.[1] ?? 0) * (UNIT_MS[match?.[2] ?? ''] ?? 0);
  if (ttlMs >= 1_000 && ttlMs <= MAX_TTL_MS) return ttlMs;
  throw badBody('`ttl` is a duration from `1s` to `24h`, such as `30m`.');
}

/** Whether somebody listens there; a socket left behind by a killed program refuses. */
async function answers(path: string): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    const end = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(1_000, () => end(true));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function tooLong(path: string): Failure {
  const message = `${path} is too long for a socket: choose a data directory with a shorter path.`;
  return new Failure('AdminSocketPath', message, { retry: 'never' });
}
