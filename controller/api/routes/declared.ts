import type { UserView } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { can } from '../../core/access/can.ts';
import { rolesOf } from '../../core/access/subject.ts';
import { cursorOf, limitOf, pageOfList } from '../pages.ts';
import { type ApiRequest, json, type Route } from '../route.ts';
import { PAGE_QUERY } from './page-query.ts';

/** What the state in force declares besides apps and hosts. */
export const declaredRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/projects',
    summary: 'Declared projects, by name',
    access: { verb: 'read', resource: 'projects' },
    query: PAGE_QUERY,
    answer: 'Page<DesiredProject>',
    run: async (request) => {
      const projects = [...(request.deps.desired()?.projects.values() ?? [])];
      return json(
        page(request, projects, ({ name }) => ({ kind: 'projects', project: name, name })),
      );
    },
  },
  {
    method: 'GET',
    path: '/api/v1/users',
    summary: 'Declared users with their roles, never their hashes',
    access: { verb: 'read', resource: 'users' },
    query: PAGE_QUERY,
    answer: 'Page<UserView>',
    run: async (request) =>
      json(page(request, users(request), ({ name }) => ({ kind: 'users', name }))),
  },
  {
    method: 'GET',
    path: '/api/v1/roles',
    summary: 'Declared roles with their members and rules',
    access: { verb: 'read', resource: 'roles' },
    query: PAGE_QUERY,
    answer: 'Page<DesiredRole>',
    run: async (request) => {
      const roles = [...(request.deps.desired()?.roles.values() ?? [])];
      return json(page(request, roles, ({ name }) => ({ kind: 'roles', name })));
    },
  },
];

function users({ deps }: ApiRequest): readonly UserView[] {
  const desired = deps.desired();
  if (!desired) return [];
  return [...desired.users.values()].map(({ name, disabled }) => ({
    name,
    disabled,
    roles: rolesOf(desired, name),
  }));
}

function page<T extends { readonly name: string }>(
  { subject, query }: ApiRequest,
  items: readonly T[],
  resource: (item: T) => Parameters<typeof can>[2],
) {
  const readable = items
    .filter((item) => can(subject, 'read', resource(item)))
    .sort((a, b) => compareText(a.name, b.name));
  const after = cursorOf('string', query['cursor']);
  return pageOfList(readable, (item) => item.name, { after, limit: limitOf(query['limit']) });
}
