import type { IncomingMessage } from 'node:http';
import type { Subject } from '../../schemas/domain/index.ts';
import { canonicalText } from '../../schemas/domain/index.ts';
import { accountsKnown, findAccount } from './accounts.ts';
import type { ApiDeps } from './ports.ts';
import { badToken, notReadyYet, Problem } from './problem.ts';
import { verifyAccessToken } from './tokens.ts';

export interface Session {
  readonly subject: Subject;
  /** False once the token has run out or the user's password or rights have changed. */
  readonly isValid: () => boolean;
}

export const NOBODY: Session = { subject: { name: '', rules: [] }, isValid: () => true };

const BEARER = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;
const TOKEN_NAMES =
  /^(?:access[-_]?token|refresh[-_]?token|id[-_]?token|token|jwt|bearer|auth|authorization|api[-_]?key)$/i;
const JWT = /^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/**
 * A token anywhere but in the Authorization header is in logs, histories and referrers already.
 * @throws Problem 400
 */
export function refuseMisplacedToken(request: IncomingMessage, query: URLSearchParams): void {
  const inQuery = [...query].some(([name, value]) => TOKEN_NAMES.test(name) || JWT.test(value));
  if (inQuery) throw misplaced('the URL');
  if (request.headers.authorization !== undefined) return;
  // Cookies of other programs on the same machine come along; alone they are a wrong login.
  const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  if (cookies.some((cookie) => isTokenCookie(cookie))) throw misplaced('a cookie');
  const type = request.headers['content-type'] ?? '';
  if (/^application\/x-www-form-urlencoded/i.test(type)) throw misplaced('a form');
}

function isTokenCookie(cookie: string): boolean {
  const at = cookie.indexOf('=');
  return TOKEN_NAMES.test(cookie.slice(0, at)) || JWT.test(cookie.slice(at + 1));
}

const misplaced = (where: string): Problem =>
  new Problem(
    400,
    'A_TOKEN_LOCATION',
    'Token in the wrong place',
    `A token came in ${where}. Send it as \`Authorization: Bearer TOKEN\`, and consider this one known.`,
  );

/** @throws Problem 401, or 503 while the users are not known yet. */
export function authenticate(deps: ApiDeps, request: IncomingMessage): Session {
  const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
  const claims = token === undefined ? undefined : verifyAccessToken(deps, token);
  if (!claims) throw badToken();
  const account = findAccount(deps, claims.user);
  if (!account && !accountsKnown(deps)) throw notReadyYet('Users are not loaded yet.');
  if (account?.passwordMark !== claims.passwordMark) throw badToken();
  const { subject } = account;
  return { subject, isValid: () => sameStill(deps, claims, subject) };
}

function sameStill(
  deps: ApiDeps,
  claims: { readonly passwordMark: string; readonly expiresAtS: number },
  subject: Subject,
): boolean {
  if (claims.expiresAtS * 1_000 <= deps.clock.now()) return false;
  const account = findAccount(deps, subject.name);
  if (account?.passwordMark !== claims.passwordMark) return false;
  return canonicalText(account.subject.rules) === canonicalText(subject.rules);
}
