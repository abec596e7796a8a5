import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import Koa from 'koa';
import { authenticate, NOBODY, refuseMisplacedToken, type Session } from './authenticate.ts';
import type { ApiDeps } from './ports.ts';
import {
  badQuery,
  internalProblem,
  notFound,
  type Problem,
  readOnly,
  tooMany,
  toProblem,
} from './problem.ts';
import { type Answer, matchPath, type Route, type RouteMatch } from './route.ts';
import { ROUTES } from './route-table.ts';
import { createServices, type Services } from './services.ts';
import { checkKeys } from './tokens.ts';

export interface AppOptions {
  readonly routes: readonly Route[];
  /** Who asks. @throws Problem */
  readonly authenticate: (deps: ApiDeps, request: IncomingMessage) => Session;
}

/**
 * The read-only API as a Koa app; see docs/api.md.
 * @throws Failure WeakKey
 */
export function createApp(
  deps: ApiDeps,
  { routes, authenticate: identify }: AppOptions = { routes: ROUTES, authenticate },
): Koa {
  checkKeys(deps);
  const services = createServices(deps);
  // `proxy` off: X-Forwarded-* is the client's word and decides nothing here.
  const app = new Koa({ proxy: false, env: 'production' });
  app.silent = true;
  app.use(async (ctx) => {
    ctx.set(SECURITY_HEADERS);
    try {
      const { match, query } = route(routes, ctx);
      refuseMisplacedToken(ctx.req, query);
      const session = match.route.access === 'public' ? NOBODY : identify(deps, ctx.req);
      limitRate(services, session);
      const request = {
        deps,
        services,
        ctx,
        params: match.params,
        subject: session.subject,
        isValid: session.isValid,
        query: knownQuery(match.route, query),
      };
      send(ctx, await match.route.run(request));
    } catch (error) {
      sendProblem(ctx, toProblem(error) ?? unexpected(deps, ctx, error));
    }
  });
  return app;
}

const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
} as const;

function route(
  routes: readonly Route[],
  ctx: Koa.Context,
): { readonly match: RouteMatch; readonly query: URLSearchParams } {
  const { pathname, searchParams } = urlOf(ctx.req.url ?? '/');
  const found = matchPath(routes, pathname);
  const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
  const match = found.find((candidate) => candidate.route.method === method);
  if (match) return { match, query: searchParams };
  const isRead = method === 'GET';
  if (isRead && found.length === 0) throw notFound();
  throw readOnly(allowed(found));
}

/** Not `new URL`, which would resolve `..` and so make two names of one thing. */
function urlOf(url: string): { pathname: string; searchParams: URLSearchParams } {
  const at = url.indexOf('?');
  const pathname = at < 0 ? url : url.slice(0, at);
  return { pathname, searchParams: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)) };
}

function allowed(found: readonly RouteMatch[]): string {
  const methods = new Set(found.map((match) => match.route.method));
  if (methods.size === 0) return 'GET, HEAD';
  return [...methods]
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .join(', ');
}

function limitRate(services: Services, { subject }: Session): void {
  if (subject.name === '') return;
  if (!services.rate.take(subject.name)) throw tooMany('At most 100 requests a second a user.', 1);
}

function knownQuery(route: Route, query: URLSearchParams): Readonly<Record<string, string>> {
  const known = Object.keys(route.query ?? {});
  const found: Record<string, string> = {};
  for (const [name, value] of query) {
    if (!known.includes(name)) {
      const names = known.length > 0 ? known.join(', ') : 'none';
      throw badQuery(`Parameters known here: ${names}.`);
    }
    if (found[name] !== undefined) throw badQuery(`\`${name}\` was given twice.`);
    found[name] = value;
  }
  return found;
}

function send(ctx: Koa.Context, answer: Answer): void {
  switch (answer.kind) {
    case 'stream':
      ctx.respond = false;
      return;
    case 'empty':
      ctx.status = 204;
      return;
    case 'json':
      sendJson(ctx, answer.status ?? 200, answer.body);
  }
}

function sendJson(ctx: Koa.Context, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  ctx.type = 'application/json; charset=utf-8';
  ctx.status = status;
  if (status === 200 && ctx.method !== 'POST') {
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
    ctx.set({ ETag: etag, 'Cache-Control': 'private, no-cache', Vary: 'Authorization' });
    if (matchesEtag(ctx.get('If-None-Match'), etag)) {
      ctx.status = 304;
      return;
    }
  }
  ctx.body = text;
}

const matchesEtag = (header: string, etag: string): boolean =>
  header === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);

function sendProblem(ctx: Koa.Context, problem: Problem): void {
  if (ctx.headerSent || !ctx.writable) return;
  ctx.set(problem.headers);
  ctx.status = problem.status;
  ctx.body = JSON.stringify(problem.document());
  ctx.type = 'application/problem+json';
}

function unexpected(deps: ApiDeps, ctx: Koa.Context, error: unknown): Problem {
  deps.logger.error({ err: error, method: ctx.method, path: ctx.path }, 'request failed');
  return internalProblem();
}
