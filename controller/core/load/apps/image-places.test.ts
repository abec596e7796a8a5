import { expect, it } from 'vitest';
import { loadFiles, manifest } from '../testing/repository.ts';

it('knows where the image of each service is written, in whichever file', async () => {
  const { desired } = await loadFiles({
    'web/app.yaml': manifest('App', 'web', 'compose: [./a.yaml, ./b.yaml]'),
    'web/a.yaml': 'services:\n  web:\n    image: web:1\n  db: {image: "db:1"}\n',
    'web/b.yaml': 'services:\n  web:\n    image: web:2\n',
    'inline.yaml': manifest('App', 'other', 'compose:\n  services:\n    one: {image: one}'),
  });
  const places = [...desired.apps.values()].flatMap(({ units }) =>
    [...units.values()].flatMap(({ imagePlaces }) => [...(imagePlaces ?? [])]),
  );
  expect(Object.fromEntries(places)).toMatchObject({
    web: { place: { file: 'web/b.yaml', line: 3, column: 12 }, path: 'services.web.image' },
    db: { place: { file: 'web/a.yaml', line: 4, column: 15 }, path: 'services.db.image' },
    one: { place: { file: 'inline.yaml' }, path: 'spec.compose.services.one.image' },
  });
});
