import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newAgeKey, sealAge } from './age.ts';
import { SecretOpener } from './secret-opener.ts';

it('opens what the age program sealed, and seals what it opens', async () => {
  const key = await newAgeKey();
  const folder = mkdtempSync(join(tmpdir(), 'skep-age-'));
  try {
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, `${key.identity}\n`);
    const ours = await sealAge('from here', [key.recipient]);
    const opened = execFileSync('age', ['--decrypt', '--identity', keyFile], { input: ours });
    expect(opened.toString()).toBe('from here');
    const armored = ['--armor', '--recipient', key.recipient];
    const theirs = execFileSync('age', armored, { input: 'from there' }).toString();
    const opener = new SecretOpener([key.identity]);
    expect(await opener.open({ kind: 'age', text: theirs })).toEqual({
      values: new Map([['', 'from there']]),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
