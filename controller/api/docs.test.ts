import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROUTES } from './route-table.ts';

test('docs/api.md lists exactly the routes there are', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `((?:GET|POST) \/(?!admin)[^`]*)` +\|/gm)].map(
    ([, route]) => route ?? '',
  );
  const served = ROUTES.map((route) => `${route.method} ${route.path}`);
  expect(listed.toSorted()).toEqual(served.toSorted());
});
