import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SopsNode } from '../../schemas/domain/index.ts';
import { type AgeKey, newAgeKey, readIdentities, recipientOf, sealAge } from './age.ts';
import { identitiesOf } from './key-file.ts';
import { SecretOpener } from './secret-opener.ts';

const CANARY = 'canary-3f1c';
let key: AgeKey;
let other: AgeKey;

beforeAll(async () => {
  key = await newAgeKey();
  other = await newAgeKey();
});

const open = async (text: string, identities = [key.identity]) =>
  await new SecretOpener(identities).open({ kind: 'age', text });

describe('an age value', () => {
  it('opens for the identity that it is sealed for, character by character', async () => {
    const plain = `${CANARY}\nsecond line é\n`;
    const sealed = await sealAge(plain, [other.recipient, key.recipient]);
    expect(sealed).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    expect(sealed).not.toContain(CANARY);
    expect(await open(sealed)).toEqual({ values: new Map([['', plain]]) });
  });

  it('says that it is for others, that it is damaged, that no identity is there', async () => {
    const sealed = await sealAge(CANARY, [other.recipient]);
    expect(await open(sealed)).toMatchObject({ fault: expect.stringContaining('recipients') });
    const mine = await sealAge(CANARY, [key.recipient]);
    const cut = mine.replace(/.{20}\n-----END/, '\n-----END');
    expect(await open(cut)).toMatchObject({ fault: expect.stringContaining('not whole') });
    expect(await open(mine, [])).toMatchObject({ hint: expect.stringContaining('AGE_KEY_FILE') });
  });

  it('says nothing of bytes that are no text', async () => {
    const sealed = await sealAge(CANARY, [key.recipient]);
    const opened = await open(sealed);
    expect(opened).toHaveProperty('values');
    const bytes = await open(await sealBytes(Buffer.from([0xff, 0xfe, 0x80])));
    expect(bytes).toEqual({ fault: 'cannot be used: its value is not UTF-8 text' });
  });

  it('remembers what it opened, and tries again what it could not', async () => {
    const opener = new SecretOpener([key.identity]);
    const sealed = { kind: 'age', text: await sealAge(CANARY, [key.recipient]) } as const;
    expect(await opener.open(sealed)).toBe(await opener.open(sealed));
  });
});

async function sealBytes(bytes: Uint8Array): Promise<string> {
  const { armor, Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient(key.recipient);
  return armor.encode(await encrypter.encrypt(bytes));
}

describe('a key file', () => {
  it('holds one identity a line, beside comments', async () => {
    const text = `# created: 2030-01-01\n# public key: ${key.recipient}\n${key.identity}\n`;
    expect(readIdentities(text)).toEqual([key.identity]);
    expect(await recipientOf(key.identity)).toBe(key.recipient);
  });

  it('is refused by name where it cannot be read or holds no identity', () => {
    expect(identitiesOf(null)).toEqual([]);
    expect(() => identitiesOf('/nowhere/key')).toThrow(/^SKEP_AGE_KEY_FILE cannot be read/);
    const folder = mkdtempSync(join(tmpdir(), 'skep-age-'));
    try {
      const path = join(folder, 'key');
      writeFileSync(path, 'hunter2\n');
      expect(() => identitiesOf(path)).toThrow(/^SKEP_AGE_KEY_FILE holds no age identity/);
      writeFileSync(path, `${key.identity}\n`);
      expect(identitiesOf(path)).toEqual([key.identity]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Seals as SOPS does: each value by itself, and a code over all of them. */
class SopsFile {
  readonly #key = randomBytes(32);
  readonly #digest = createHash('sha512');

  seal(text: string, path: string, type: string): string {
    this.#digest.update(text);
    return this.#encrypt(text, path, type);
  }

  plain(text: string): void {
    this.#digest.update(text);
  }

  async metadata(recipient: string): Promise<SopsNode> {
    const { armor, Encrypter } = await import('age-encryption');
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const enc = armor.encode(await encrypter.encrypt(this.#key));
    const lastmodified = '2030-01-01T00:00:00Z';
    const mac = this.#encrypt(this.#digest.digest('hex').toUpperCase(), lastmodified, 'str');
    return new Map<string, SopsNode>([
      [
        'age',
        [
          new Map([
            ['recipient', recipient],
            ['enc', enc],
          ]),
        ],
      ],
      ['lastmodified', lastmodified],
      ['mac', mac],
    ]);
  }

  #encrypt(text: string, associated: string, type: string): string {
    const iv = randomBytes(32);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    cipher.setAAD(Buffer.from(associated));
    const data = Buffer.concat([cipher.update(text), cipher.final()]).toString('base64');
    const tag = cipher.getAuthTag().toString('base64');
    return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${tag},type:${type}]`;
  }
}

async function aSopsDocument(): Promise<Map<string, SopsNode>> {
  const file = new SopsFile();
  const document = new Map<string, SopsNode>();
  document.set('password', file.seal(CANARY, 'password:', 'str'));
  const database = new Map<string, SopsNode>();
  database.set('port', file.seal('5432', 'database:port:', 'int'));
  database.set('tls', file.seal('True', 'database:tls:', 'bool'));
  document.set('database', database);
  document.set('users', [file.seal('alice', 'users:', 'str'), file.seal('bob', 'users:', 'str')]);
  document.set('region_unencrypted', 'eu');
  file.plain('eu');
  document.set('nothing', null);
  document.set('sops', await file.metadata(key.recipient));
  return document;
}

describe('a SOPS file', () => {
  const openDocument = (document: SopsNode) =>
    new SecretOpener([key.identity]).open({ kind: 'sops', text: String(Math.random()), document });

  it('opens to its values by dotted key', async () => {
    expect(await openDocument(await aSopsDocument())).toEqual({
      values: new Map([
        ['password', CANARY],
        ['database.port', '5432'],
        ['database.tls', 'true'],
        ['users.0', 'alice'],
        ['users.1', 'bob'],
        ['region_unencrypted', 'eu'],
      ]),
    });
  });

  it.each([
    [
      'a plain value',
      (document: Map<string, SopsNode>) => document.set('region_unencrypted', 'us'),
    ],
    ['a value taken away', (document: Map<string, SopsNode>) => document.delete('users')],
    [
      'a value that was moved',
      (document: Map<string, SopsNode>) => document.set('other', document.get('password') ?? ''),
    ],
  ])('is refused after a change: %s', async (_what, change) => {
    const document = await aSopsDocument();
    change(document);
    expect(await openDocument(document)).toMatchObject({
      fault: expect.stringMatching(/changed/),
    });
  });

  it('is refused where it is none, or is sealed for nobody with age', async () => {
    expect(await openDocument('text')).toMatchObject({ fault: expect.stringMatching(/no `sops`/) });
    const document = await aSopsDocument();
    (document.get('sops') as Map<string, SopsNode>).set('age', []);
    expect(await openDocument(document)).toMatchObject({
      fault: expect.stringMatching(/no age recipient/),
    });
  });
});
