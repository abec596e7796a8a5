import type { SessionTokens } from '../../../schemas/domain/index.ts';
import { type Account, accountsKnown, findAccount } from '../accounts.ts';
import { readJson, textFields } from '../body.ts';
import { clientAddress } from '../client-address.ts';
import { DUMMY_HASH, MAX_PASSWORD_CHARS, verifyPassword } from '../password.ts';
import type { ApiDeps, RefreshToken } from '../ports.ts';
import { badToken, notReadyYet, Problem, tooMany } from '../problem.ts';
import { type ApiRequest, json, type Route } from '../route.ts';
import {
  ACCESS_TOKEN_S,
  hashRefreshToken,
  isRefreshToken,
  issueAccessToken,
  newRefreshToken,
} from '../tokens.ts';

/** From a login until one has to sign in again. */
const SESSION_MS = 30 * 24 * 3_600_000;
/** Two programs that share one session may exchange its token in the same moment. */
const REUSE_GRACE_MS = 10_000;

const REFRESH_BODY = { refreshToken: 'As the last login or refresh gave it.' } as const;

export const sessionRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/login',
    summary: 'Sign in with a name and a password',
    access: 'public',
    body: { name: 'Name of a declared User.', password: 'The password.' },
    answer: 'SessionTokens',
    run: async (request) => json(await login(request)),
  },
  {
    method: 'POST',
    path: '/api/v1/refresh',
    summary: 'Exchange a refresh token for new tokens; each is good for one exchange',
    access: 'public',
    body: REFRESH_BODY,
    answer: 'SessionTokens',
    run: async (request) => json(await refresh(request)),
  },
  {
    method: 'POST',
    path: '/api/v1/logout',
    summary: 'End a session: its refresh tokens are void at once, its access token in 15 minutes',
    access: 'public',
    body: REFRESH_BODY,
    answer: 'nothing (204)',
    run: async ({ deps, ctx }) => {
      const { refreshToken } = textFields(await readJson(ctx.req), ['refreshToken'], 128);
      const found = await deps.store.refreshToken(hashRefreshToken(refreshToken));
      if (found) await deps.store.revokeFamily(found.family);
      return { kind: 'empty' };
    },
  },
];

async function login({ deps, services, ctx }: ApiRequest): Promise<SessionTokens> {
  const fields = ['name', 'password'] as const;
  const { name, password } = textFields(await readJson(ctx.req), fields, MAX_PASSWORD_CHARS);
  const admission = await services.logins.admit(name, clientAddress(ctx.req.socket.remoteAddress));
  if (admission.kind === 'refused') {
    throw tooMany('Too many failed logins; wait a moment.', admission.retryAfterS);
  }
  const account = findAccount(deps, name);
  const right = await services.passwords.run(() =>
    verifyPassword(password, account?.passwordHash ?? DUMMY_HASH),
  );
  if (right === undefined) throw notReadyYet('Too many logins at once; try again.');
  if (!right || !account) {
    await recordRefusal(deps, account, admission.attempt.address);
    throw refused(deps);
  }
  await services.logins.succeeded(admission.attempt);
  await record(deps, 'session.login', name, { address: admission.attempt.address });
  const nowMs = deps.clock.now();
  return newTokens(deps, account, {
    family: deps.randomBytes(16).toString('hex'),
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + SESSION_MS,
  });
}

async function refresh({ deps, ctx }: ApiRequest): Promise<SessionTokens> {
  const { refreshToken } = textFields(await readJson(ctx.req), ['refreshToken'], 128);
  const found = await exchange(deps, refreshToken);
  const account = found && findAccount(deps, found.user);
  if (found && !account && !accountsKnown(deps)) throw notReadyYet('Users are not loaded yet.');
  if (!found || !account || account.passwordMark !== found.passwordMark) {
    if (found) await deps.store.revokeFamily(found.family);
    throw badToken();
  }
  const { family, expiresAtMs } = found;
  return newTokens(deps, account, { family, expiresAtMs, issuedAtMs: deps.clock.now() });
}

/** The token's row if it may be exchanged. One that comes back after its use was stolen. */
async function exchange(deps: ApiDeps, token: string): Promise<RefreshToken | undefined> {
  const hash = hashRefreshToken(token);
  // Guesses must not cost a write.
  if (!isRefreshToken(token) || !(await deps.store.refreshToken(hash))) return undefined;
  const nowMs = deps.clock.now();
  const found = await deps.store.takeRefreshToken(hash, nowMs);
  if (!found || found.expiresAtMs <= nowMs) return undefined;
  if (found.usedAtMs === null || nowMs - found.usedAtMs <= REUSE_GRACE_MS) return found;
  await deps.store.revokeFamily(found.family);
  await record(deps, 'session.revoked', found.user, { cause: 'a refresh token was used twice' });
  return undefined;
}

async function newTokens(
  deps: ApiDeps,
  account: Account,
  session: Pick<RefreshToken, 'family' | 'issuedAtMs' | 'expiresAtMs'>,
): Promise<SessionTokens> {
  const { subject, passwordMark } = account;
  const refreshToken = newRefreshToken(deps);
  const hash = hashRefreshToken(refreshToken);
  const row = { ...session, hash, user: subject.name, passwordMark, usedAtMs: null };
  await deps.store.addRefreshToken(row);
  const accessToken = issueAccessToken(deps, subject.name, passwordMark);
  return { accessToken, refreshToken, expiresInS: ACCESS_TOKEN_S };
}

/** Unknown, disabled and wrong are one answer. */
function refused(deps: ApiDeps): Problem {
  if (!accountsKnown(deps)) return notReadyYet('Users are not loaded yet.');
  return new Problem(401, 'A_LOGIN', 'Not signed in', 'The name or the password is wrong.');
}

/** People type passwords into the wrong field: a name that is nobody's is not written down. */
async function recordRefusal(
  deps: ApiDeps,
  account: Account | undefined,
  address: string,
): Promise<void> {
  const at = new Date(deps.clock.now()).toISOString();
  const subject = account?.subject.name ?? 'unknown';
  const entry = { at, actor: 'nobody', action: 'session.refused', subject, detail: { address } };
  await deps.addAudit(entry).catch((error: unknown) => {
    deps.logger.error({ error: String(error) }, 'a refused login was not audited');
  });
}

async function record(
  deps: ApiDeps,
  action: string,
  user: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const at = new Date(deps.clock.now()).toISOString();
  await deps.addAudit({ at, actor: `user:${user}`, action, subject: user, detail });
}
