import type Koa from 'koa';
import type { ResourceKind, Subject, Verb } from '../../schemas/domain/index.ts';
import type { ApiDeps } from './ports.ts';
import type { Services } from './services.ts';

/** What a signed-in user needs; what they get is filtered by `can` besides. */
export type RouteAccess =
  | 'public'
  /** Any user; the answer holds what they may read. */
  | 'signed-in'
  | { readonly verb: Verb; readonly resource: ResourceKind };

export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `:params`; a param is one path segment. */
  readonly path: string;
  readonly summary: string;
  readonly access: RouteAccess;
  /** Known query parameters and what they mean; any other is an error. */
  readonly query?: Readonly<Record<string, string>>;
  /** The JSON body's fields and what they mean. */
  readonly body?: Readonly<Record<string, string>>;
  /** Type of the answer, by its name in schemas/domain. */
  readonly answer: string;
  readonly run: (request: ApiRequest) => Promise<Answer>;
}

export interface ApiRequest {
  readonly deps: ApiDeps;
  readonly services: Services;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Of nobody, without rules, on public routes. */
  readonly subject: Subject;
  /** False once the session has ended or its rights have changed; for long answers. */
  readonly isValid: () => boolean;
  /** For bodies, streams and the peer's address. */
  readonly ctx: Koa.Context;
}

export type Answer =
  | { readonly kind: 'json'; readonly status?: number; readonly body: unknown }
  | { readonly kind: 'empty' }
  /** The route writes to the response itself. */
  | { readonly kind: 'stream' };

export const json = (body: unknown, status = 200): Answer => ({ kind: 'json', status, body });

export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The routes of a path, whatever the method. Segments match exactly, decoded once. */
export function matchPath(routes: readonly Route[], path: string): readonly RouteMatch[] {
  const segments = path.split('/');
  return routes.flatMap((route) => {
    const params = paramsOf(route.path.split('/'), segments);
    return params ? [{ route, params }] : [];
  });
}

function paramsOf(
  pattern: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) {
      const value = decoded(segment);
      if (value === undefined || value === '') return undefined;
      params[part.slice(1)] = value;
    } else if (part !== segment) return undefined;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
