import type { Route } from './route.ts';

/** An OpenAPI 3.1 document of the route table. */
export function openapi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([a-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'skep',
      version: 'v1',
      description: 'Reads only. To change what runs, change the repository and push.',
    },
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

function operation(route: Route): object {
  const inPath = [...route.path.matchAll(/:([a-z]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: TEXT,
  }));
  const inQuery = Object.entries(route.query ?? {}).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: TEXT,
  }));
  const { body } = route;
  return {
    summary: route.summary,
    description: needs(route),
    security: route.access === 'public' ? [] : [{ bearer: [] }],
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: requestBody(body) }),
    responses: {
      ...(route.answer.endsWith('(204)')
        ? { '204': { description: 'Done' } }
        : { '200': { description: route.answer, content: { 'application/json': {} } } }),
      default: {
        description: 'Why not',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
  };
}

function needs({ access }: Route): string {
  if (access === 'public') return 'Needs nothing.';
  if (access === 'signed-in') return 'Needs a login; shows what its user may read.';
  return `Needs the verb \`${access.verb}\` on \`${access.resource}\`; shows what that covers.`;
}

const TEXT = { type: 'string' } as const;

function requestBody(fields: Readonly<Record<string, string>>): object {
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, description]) => [name, { description }]),
  );
  const schema = { type: 'object', properties, required: Object.keys(fields) };
  return {
    required: true,
    content: { 'application/json': { schema: { ...schema, additionalProperties: false } } },
  };
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: TEXT,
    title: TEXT,
    status: { type: 'integer' },
    detail: TEXT,
    code: { type: 'string', description: 'Stable: programs decide by it.' },
  },
} as const;
