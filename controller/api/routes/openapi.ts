import { openapi } from '../openapi.ts';
import { json, type Route } from '../route.ts';

/** Given the other routes, since a table can not be made from itself. */
export const openapiRoute = (routes: readonly Route[]): Route => {
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    access: 'signed-in',
    answer: 'OpenAPI 3.1',
    run: async () => json(document),
  };
  const document = openapi([...routes, route]);
  return route;
};
