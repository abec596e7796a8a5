import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { toHostName } from '../../schemas/domain/index.ts';
import { MemorySecrets } from '../testing/memory-secrets.ts';
import { JOIN_TOKEN_LIFE_MS, JoinTokens } from './join-tokens.ts';

const web = toHostName('web-01');

describe('join tokens', () => {
  let secrets: MemorySecrets;
  let nowMs: number;
  const open = () => JoinTokens.open(secrets, () => nowMs, randomBytes);

  beforeEach(() => {
    secrets = new MemorySecrets();
    nowMs = 0;
  });

  it('are good once, for their host, also over a restart', async () => {
    const secret = await (await open()).create(web);
    const tokens = await open();
    await tokens.spend(secret, web);
    await expect(tokens.spend(secret, web)).rejects.toMatchObject({ code: 'TokenRefused' });
    await expect((await open()).spend(secret, web)).rejects.toMatchObject({ code: 'TokenRefused' });
  });

  it('give exactly one of two racing agents its certificate', async () => {
    const tokens = await open();
    const secret = await tokens.create(web);
    const results = await Promise.allSettled([
      tokens.spend(secret, web),
      tokens.spend(secret, web),
      tokens.spend(secret, web),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('are refused in the same words whatever is wrong with them', async () => {
    const tokens = await open();
    const secret = await tokens.create(web);
    const messages = new Set<string>();
    const attempt = async (word: string, host: string) => {
      await tokens.spend(word, host).catch((error: Error) => messages.add(error.message));
    };
    await attempt(secret, 'db-01');
    await attempt('guessed', 'web-01');
    await attempt('', '');
    nowMs = JOIN_TOKEN_LIFE_MS;
    await attempt(secret, 'web-01');
    expect([...messages]).toEqual([
      'J_TOKEN: the join token is unknown, used, expired or of another host',
    ]);
  });

  it('outlive a look at them, and are worthless once their host is revoked', async () => {
    const tokens = await open();
    const secret = await tokens.create(web);
    tokens.check(secret, web);
    tokens.check(secret, web);
    await tokens.forget(web);
    expect(() => tokens.check(secret, web)).toThrow('J_TOKEN');
  });

  it('are kept as hashes only', async () => {
    const secret = await (await open()).create(web);
    expect(secrets.files.get('join-tokens.json')?.toString()).not.toContain(secret);
  });

  it('start anew where their file is damaged', async () => {
    secrets.files.set('join-tokens.json', Buffer.from('[{"hash":1},null,{"x":'));
    const tokens = await open();
    await tokens.spend(await tokens.create(web), web);
    secrets.files.set('join-tokens.json', Buffer.from('[{"hash":1},null]'));
    await (await open()).create(web);
  });
});
