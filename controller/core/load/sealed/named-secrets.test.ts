import { expect, it } from 'vitest';
import type { Opened, SecretReader } from '../../../../schemas/domain/index.ts';
import { createLoadCache } from '../load.ts';
import { loadFiles, manifest, shown } from '../testing/repository.ts';

const reader: SecretReader = {
  open: async (): Promise<Opened> => ({ values: new Map([['', 'canary-1']]) }),
};
const SEALED = '-----BEGIN AGE ENCRYPTED FILE-----\nYQ==\n-----END AGE ENCRYPTED FILE-----'.replace(
  /^/gm,
  '    ',
);

const load = (compose: string) =>
  loadFiles(
    {
      's.yaml': manifest('Secret', 'db', `values:\n  WORD: |\n${SEALED}`),
      'web/app.yaml': manifest(
        'App',
        'web',
        'compose: ./c.yaml\nsecrets:\n  WORD: {from: db/WORD, as: value}',
      ),
      'web/c.yaml': compose,
    },
    { cache: createLoadCache(), secrets: reader },
  );

it('refuses names that hold a sealed value, without showing it', async () => {
  const compose = [
    'services:',
    '  web:',
    '    image: r/$WORD:1',
    '    container_name: c-$WORD',
    '    networks: [n]',
    'networks: {n: {name: n-$WORD}}',
  ].join('\n');
  const issues = shown(await load(compose));
  expect(issues).toHaveLength(3);
  expect(issues.join('\n')).not.toContain('canary-1');
  expect(issues[0]).toContain('web/c.yaml:3:12: E_SECRET_USE');
});

it('takes sealed values everywhere else', async () => {
  const compose =
    'services:\n  web:\n    image: r/a:1\n    command: [run, $WORD]\n    hostname: h-$WORD\n';
  expect(shown(await load(compose))).toEqual([]);
});
