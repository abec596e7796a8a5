import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLoadCache } from '../../controller/core/load/load.ts';
import { loadFiles, manifest, shown } from '../../controller/core/load/testing/repository.ts';
import { readIdentities } from '../../controller/secrets/age.ts';
import { SecretOpener } from '../../controller/secrets/secret-opener.ts';

const recorded = (name: string) =>
  readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8');
const VALUES = {
  secret: 'this is a secret',
  string: 'string',
  int: '7',
  float: '3.14',
  boolean: 'true',
  'complex.value': 'this is a secret',
  'complex.array.0': 'one',
  'complex.array.2': 'three',
};

/** The whole way of a value: from the file in the repository to the variable of a service. */
function load(file: string, text: string) {
  const keys = Object.keys(VALUES);
  const uses = keys.map((key, index) => `  V${index}: {from: team/${key}, as: env}`);
  const names = keys.map((_key, index) => `V${index}`).join(', ');
  const compose = `compose:\n  services:\n    web: {image: web, environment: [${names}]}`;
  return loadFiles(
    {
      's/secret.yaml': manifest('Secret', 'team', `sops: ./${file}`),
      [`s/${file}`]: text,
      'app.yaml': manifest('App', 'web', `${compose}\nsecrets:\n${uses.join('\n')}`),
    },
    { cache: createLoadCache(), secrets: new SecretOpener(readIdentities(recorded('key.txt'))) },
  );
}

describe.each(['values.yaml', 'values.json'])('%s, sealed by SOPS itself', (file) => {
  it('opens to what was sealed, by dotted key', async () => {
    const result = await load(file, recorded(file));
    expect(shown(result)).toEqual([]);
    const [app] = [...result.desired.apps.values()];
    const [unit] = [...(app?.units.values() ?? [])];
    const environment = unit?.model.services['web']?.environment ?? {};
    expect(new Set(Object.values(environment))).toEqual(new Set(Object.values(VALUES)));
    expect(Object.keys(environment)).toHaveLength(Object.keys(VALUES).length);
  });

  it('is refused once a value of it was changed', async () => {
    const [first = '', second = ''] =
      recorded(file).match(/ENC\[AES256_GCM,[^\]]*type:str\]/g) ?? [];
    const swapped = recorded(file).replace(first, second);
    const issues = shown(await load(file, swapped)).join('\n');
    expect(issues).toContain('E_SECRET_SEALED');
    expect(issues).not.toContain('this is a secret');
  });
});
