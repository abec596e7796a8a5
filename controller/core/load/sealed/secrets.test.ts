import { describe, expect, it } from 'vitest';
import type { Opened, Sealed, SecretReader } from '../../../../schemas/domain/index.ts';
import { sha256, toAppId, toHostName, toProjectName } from '../../../../schemas/domain/index.ts';
import { createLoadCache } from '../load.ts';
import { type FileContent, loadFiles, manifest, shown } from '../testing/repository.ts';

const armored = (text: string): string =>
  `-----BEGIN AGE ENCRYPTED FILE-----\n${Buffer.from(text).toString('base64')}\n-----END AGE ENCRYPTED FILE-----`;

/** Opens `armored` text, unless the text says that it is sealed for others. */
class Reader implements SecretReader {
  asked = 0;

  async open(sealed: Sealed): Promise<Opened> {
    this.asked += 1;
    if (sealed.kind === 'sops') return { values: new Map([['db.password', 'from-sops']]) };
    const [, body = ''] = sealed.text.split('\n');
    const text = Buffer.from(body, 'base64').toString();
    return text === 'foreign'
      ? { fault: 'cannot be opened: it is sealed for other recipients', hint: 'seal it again' }
      : { values: new Map([['', text]]) };
  }
}

const aSecret = (name: string, values: Readonly<Record<string, string>>): string => {
  const lines = Object.entries(values).map(([key, value]) => {
    return `  ${key}: |\n${value.replace(/^/gm, '    ')}`;
  });
  return manifest('Secret', name, `values:\n${lines.join('\n')}`);
};

const SECRETS = aSecret('db', { PASSWORD: armored('canary-1'), TOKEN: armored('canary-2') });
const APP = (uses: string): string =>
  manifest('App', 'web', `compose: ./compose.yaml\nsecrets:\n${uses.replace(/^/gm, '  ')}`);
const COMPOSE = 'services:\n  web:\n    image: a:1\n';

async function load(files: Readonly<Record<string, FileContent>>, secrets?: SecretReader) {
  const result = await loadFiles(files, { cache: createLoadCache(), ...(secrets && { secrets }) });
  const app = result.desired.apps.get(toAppId('default', 'web'));
  return { result, app, unit: app?.units.get(toHostName('local')) };
}

describe('a value of a Secret', () => {
  it('fills the external secret of its name, as a file', async () => {
    const { result, app, unit } = await load(
      {
        'secrets.yaml': SECRETS,
        'web/app.yaml': APP('db_password: {from: db/PASSWORD}'),
        'web/compose.yaml': `${COMPOSE}    secrets: [db_password]\nsecrets:\n  db_password: {external: true}\n`,
      },
      new Reader(),
    );
    expect(shown(result)).toEqual([]);
    expect(unit?.files.get('secret:db_password')?.sha256).toBe(sha256('canary-1'));
    expect(unit?.model.secrets['db_password']).not.toHaveProperty('external');
    expect([...(app?.secretValues ?? [])]).toEqual(['canary-1']);
  });

  it('is the variable that a service names without a value, and no other', async () => {
    const { result, unit } = await load(
      {
        'secrets.yaml': SECRETS,
        'web/app.yaml': APP('PASSWORD: {from: db/PASSWORD, as: env}'),
        'web/compose.yaml': `${COMPOSE}    environment: [PASSWORD, "OTHER=\${PASSWORD:-none}"]\n`,
      },
      new Reader(),
    );
    expect(shown(result)).toEqual([]);
    const environment = unit?.model.services['web']?.environment;
    expect(environment).toEqual({ PASSWORD: 'canary-1', OTHER: 'none' });
  });

  it('is what an interpolation gets', async () => {
    const { unit } = await load(
      {
        'secrets.yaml': SECRETS,
        'web/app.yaml': APP('PASSWORD: {from: db/PASSWORD, as: value}'),
        'web/compose.yaml': `${COMPOSE}    environment: {URL: "db://u:\${PASSWORD}@db"}\n`,
      },
      new Reader(),
    );
    expect(unit?.model.services['web']?.environment).toEqual({ URL: 'db://u:canary-1@db' });
  });

  it('comes from a SOPS file by its dotted key', async () => {
    const { result, unit } = await load(
      {
        'secrets.yaml': manifest('Secret', 'db', 'sops: ./db.enc.yaml'),
        'db.enc.yaml': 'db: {password: "ENC[x]"}\nsops: {mac: x}\n',
        'web/app.yaml': APP('PASSWORD: {from: db/db.password, as: env}'),
        'web/compose.yaml': `${COMPOSE}    environment: [PASSWORD]\n`,
      },
      new Reader(),
    );
    expect(shown(result)).toEqual([]);
    expect(unit?.model.services['web']?.environment).toEqual({ PASSWORD: 'from-sops' });
  });

  it('changes the app, and what is unchanged is not loaded again', async () => {
    const cache = createLoadCache();
    const secrets = new Reader();
    const files = (password: string) => ({
      'host.yaml': manifest('Host', 'local', ''),
      'secrets.yaml': aSecret('db', { PASSWORD: armored(password) }),
      'web/app.yaml': APP('PASSWORD: {from: db/PASSWORD, as: env}'),
      'web/compose.yaml': `${COMPOSE}    environment: [PASSWORD]\n`,
    });
    const id = toAppId('default', 'web');
    const host = toHostName('local');
    const first = (await loadFiles(files('one-1'), { cache, secrets })).desired.apps.get(id);
    const again = (await loadFiles(files('one-1'), { cache, secrets })).desired.apps.get(id);
    const changed = (await loadFiles(files('two-2'), { cache, secrets })).desired.apps.get(id);
    expect(again?.units.get(host)).toBe(first?.units.get(host));
    expect(changed?.contentHash).not.toBe(first?.contentHash);
    expect(changed?.units.get(host)?.fingerprint).not.toBe(first?.units.get(host)?.fingerprint);
  });

  it('is only known to be there where nothing opens it: offline', async () => {
    const { result, app } = await load({
      'secrets.yaml': SECRETS,
      'web/app.yaml': APP('PASSWORD: {from: db/PASSWORD, as: env}'),
      'web/compose.yaml': `${COMPOSE}    environment: [PASSWORD]\n`,
    });
    expect(shown(result)).toEqual([]);
    expect(app).toBeDefined();
  });
});

describe('what is wrong with a Secret', () => {
  it.each([
    ['PASSWORD: {from: dv/PASSWORD, as: env}', 'E_SECRET_UNKNOWN', 'did you mean "db"?'],
    ['PASSWORD: {from: db/PASWORD, as: env}', 'E_SECRET_UNKNOWN', 'did you mean "PASSWORD"?'],
    ['SKEP_X: {from: db/PASSWORD, as: env}', 'E_VALUE', 'choose another name'],
    ['gone: {from: db/PASSWORD}', 'E_SECRET_USE', 'write secrets: {gone: {external: true}} there'],
    ['PASSWORT: {from: db/PASSWORD, as: env}', 'W_SECRET_UNUSED', expect.anything()],
    ['PASSWORT: {from: db/PASSWORD, as: value}', 'W_SECRET_UNUSED', undefined],
  ])('is said at its use: %s', async (use, code, hint) => {
    const { result } = await load(
      {
        'secrets.yaml': SECRETS,
        'web/app.yaml': APP(use),
        'web/compose.yaml': `${COMPOSE}    environment: [PASSWORD]\n`,
      },
      new Reader(),
    );
    const [issue] = result.issues;
    expect(issue).toMatchObject({ code, file: 'web/app.yaml', line: 8 });
    expect(issue?.hint).toEqual(hint);
  });

  it('is said at an external secret that nothing fills', async () => {
    const compose = `${COMPOSE}    secrets: [token]\nsecrets:\n  token: {external: true}\n`;
    const { result } = await load({
      'web/app.yaml': manifest('App', 'web', 'compose: ./compose.yaml'),
      'web/compose.yaml': compose,
    });
    expect(shown(result)).toEqual(['web/compose.yaml:6:3: E_SECRET_USE secrets.token']);
  });

  it('holds the apps that use it at their last good revision, and no other', async () => {
    const { result } = await load(
      {
        'secrets.yaml': aSecret('db', { PASSWORD: armored('foreign') }),
        'web/app.yaml': APP('PASSWORD: {from: db/PASSWORD, as: env}'),
        'web/compose.yaml': `${COMPOSE}    environment: [PASSWORD]\n`,
        'other/app.yaml': manifest('App', 'other', 'compose: ./compose.yaml'),
        'other/compose.yaml': COMPOSE,
      },
      new Reader(),
    );
    expect(shown(result)).toEqual(['secrets.yaml:7:15: E_SECRET_SEALED spec.values.PASSWORD']);
    expect(result.heldApps).toEqual(['default/web']);
    expect(result.heldProjects).toEqual([]);
  });

  it('never shows a value that was not sealed, nor one that was', async () => {
    const { result } = await load(
      {
        'plain.yaml': manifest('Secret', 'plain', 'values: {A: canary-plain}'),
        'secrets.yaml': SECRETS,
        'web/app.yaml': APP('PORT: {from: db/PASSWORD, as: value}'),
        'web/compose.yaml': `${COMPOSE}    ports: ["\${PORT}:80"]\n`,
      },
      new Reader(),
    );
    expect(result.issues.map(({ code }) => code)).toHaveLength(2);
    expect(JSON.stringify(result.issues)).not.toContain('canary');
  });

  it.each([
    ['values and a file at once', 'sops: ./x.yaml\nvalues:\n  A: |', 'E_VALUE'],
    ['a file that is not there', 'sops: ./x.yaml', 'E_FILE_MISSING'],
    ['a file outside the repository', 'sops: ../../x.yaml', 'E_PATH_OUTSIDE_PROJECT'],
  ])('is said of %s', async (_what, spec, code) => {
    const text = spec.endsWith('|') ? `${spec}\n${armored('x').replace(/^/gm, '    ')}` : spec;
    const { result } = await load({ 'a/s.yaml': manifest('Secret', 'db', text) }, new Reader());
    expect(result.issues.map((issue) => issue.code)).toContain(code);
  });
});

describe('a Registry and a User', () => {
  it('get their passwords from Secrets', async () => {
    const hash = '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA';
    const { result } = await load(
      {
        'secrets.yaml': aSecret('logins', { REGISTRY: armored('canary-r'), ALICE: armored(hash) }),
        'registry.yaml': manifest(
          'Registry',
          'own',
          'server: Registry.example:5000\nusername: bot\npasswordFrom: logins/REGISTRY',
        ),
        'user.yaml': manifest('User', 'alice', 'passwordHashFrom: logins/ALICE'),
        'web/app.yaml': manifest('App', 'web', 'compose: ./compose.yaml'),
        'web/compose.yaml': COMPOSE,
      },
      new Reader(),
    );
    expect(shown(result)).toEqual([]);
    expect(result.desired.registries.get('default/own')).toMatchObject({
      server: 'registry.example:5000',
      username: 'bot',
      password: 'canary-r',
      projects: ['default'],
    });
    expect(result.desired.users.get('alice')?.passwordHash).toBe(hash);
  });

  it('are held where a Secret does not give them what they need', async () => {
    const { result } = await load(
      {
        'secrets.yaml': aSecret('logins', { ALICE: armored('no hash') }),
        'registry.yaml': manifest(
          'Registry',
          'own',
          'server: r.example\nusername: bot\npasswordFrom: logins/GONE',
        ),
        'user.yaml': manifest('User', 'alice', 'passwordHashFrom: logins/ALICE'),
      },
      new Reader(),
    );
    expect(result.issues.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'E_SECRET_UNKNOWN spec.passwordFrom',
      'E_VALUE spec.passwordHashFrom',
    ]);
    expect(result.heldNames).toEqual(['Registry/default/own', 'User/alice']);
    expect(result.heldProjects).toEqual([toProjectName('default')]);
  });
});
