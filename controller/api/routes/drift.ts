import type { UnitStatus } from '../../../schemas/domain/index.ts';
import { mayUseApp } from '../../core/access/views.ts';
import { cursorOf, limitOf, pageOfList } from '../pages.ts';
import { json, type Route } from '../route.ts';
import { PAGE_QUERY } from './page-query.ts';

export const driftRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/drift',
    summary: 'Units whose host moved away from what was applied, with what a plan would do',
    access: { verb: 'read', resource: 'apps' },
    query: PAGE_QUERY,
    answer: 'Page<UnitStatus>',
    run: async ({ deps, subject, query }) => {
      const units = (await deps.store.units()).filter(
        (unit) => hasDrifted(unit) && mayUseApp(subject, 'read', unit.app),
      );
      const after = cursorOf('string', query['cursor']);
      const limit = limitOf(query['limit']);
      return json(pageOfList(units, (unit) => unit.key, { after, limit }));
    },
  },
];

const hasDrifted = (unit: UnitStatus): boolean =>
  unit.conditions.some((condition) => condition.reason === 'Drifted');
