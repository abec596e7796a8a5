import type { Route } from './route.ts';
import { appRoutes } from './routes/apps.ts';
import { healthRoutes } from './routes/health.ts';
import { hostRoutes } from './routes/hosts.ts';
import { revisionRoutes } from './routes/revisions.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { statusRoutes } from './routes/status.ts';

/** Everything the API answers. The matrix test and openapi.json are made from it. */
export const ROUTES: readonly Route[] = [
  ...healthRoutes,
  ...sessionRoutes,
  ...statusRoutes,
  ...revisionRoutes,
  ...appRoutes,
  ...hostRoutes,
];
