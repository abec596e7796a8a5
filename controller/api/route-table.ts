import type { Route } from './route.ts';
import { appRoutes } from './routes/apps.ts';
import { auditRoutes } from './routes/audit.ts';
import { declaredRoutes } from './routes/declared.ts';
import { driftRoutes } from './routes/drift.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { hostRoutes } from './routes/hosts.ts';
import { logRoutes } from './routes/logs.ts';
import { openapiRoute } from './routes/openapi.ts';
import { planRoutes } from './routes/plan.ts';
import { revisionRoutes } from './routes/revisions.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { statusRoutes } from './routes/status.ts';

/** Everything that only reads; the operator's socket answers these too. */
export const READ_ROUTES: readonly Route[] = [
  ...statusRoutes,
  ...revisionRoutes,
  ...appRoutes,
  ...logRoutes,
  ...hostRoutes,
  ...declaredRoutes,
  ...driftRoutes,
  ...eventRoutes,
  ...auditRoutes,
  ...planRoutes,
];

const SERVED = [...healthRoutes, ...sessionRoutes, ...READ_ROUTES];

/** Everything the API answers. The matrix test and openapi.json are made from it. */
export const ROUTES: readonly Route[] = [...SERVED, openapiRoute(SERVED)];
