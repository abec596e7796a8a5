import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newAgeKey, openAge } from '../../controller/secrets/age.ts';
import { runCli } from '../run-cli.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';

describe('secret', () => {
  it('makes an identity that its owner alone can read, once', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['secret', 'keygen', '--out', 'key'], terminal)).toBe(0);
    const path = join(terminal.cwd, 'key');
    const recipient = terminal.printed.out.trim();
    expect(readFileSync(path, 'utf8')).toMatch(
      new RegExp(`^# public key: ${recipient}\\nAGE-SECRET-KEY-1[A-Z0-9]+\\n$`),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await runCli(['secret', 'keygen', '--out', 'key'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('is there already');
  });

  it('seals what comes on standard input, without its last line break', async () => {
    const { identity, recipient } = await newAgeKey();
    using terminal = fakeTerminal({ input: 'two\nlines\n' });
    expect(await runCli(['secret', 'seal', '--recipient', recipient], terminal)).toBe(0);
    const opened = await openAge(terminal.printed.out, [identity]);
    expect(Buffer.from(opened).toString()).toBe('two\nlines');
  });

  it('makes a Secret of a .env file, and says how an App uses it', async () => {
    const { identity, recipient } = await newAgeKey();
    using terminal = fakeTerminal();
    writeFileSync(join(terminal.cwd, '.env'), "A=1\nPASSWORD='canary $x'\n");
    const args = ['secret', 'import', '.env', '--name', 'db', '--recipient', recipient];
    expect(await runCli(args, terminal)).toBe(0);
    const { out, err } = terminal.printed;
    expect(out).not.toContain('canary');
    expect(out).toMatch(/^apiVersion: skep\/v1\nkind: Secret\nmetadata:\n {2}name: db\nspec:\n/);
    expect(err).toContain('PASSWORD: {from: db/PASSWORD, as: value}');
    const armored = out.slice(out.lastIndexOf('-----BEGIN')).replace(/^ +/gm, '');
    expect(Buffer.from(await openAge(armored, [identity])).toString()).toBe('canary $x');
  });

  it.each([
    [['seal'], 'no recipient is given'],
    [['seal', '--recipient', 'age1wrong'], 'not a recipient of age'],
    [['import', 'none.env', '--name', 'x', '--recipient', 'age1x'], 'cannot be read'],
  ])('says what is missing: %j', async (args, message) => {
    using terminal = fakeTerminal({ input: 'x' });
    expect(await runCli(['secret', ...args], terminal)).toBe(1);
    expect(terminal.printed.err).toContain(message);
  });
});
