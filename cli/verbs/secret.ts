import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDotenv } from '../../controller/core/load/compose/dotenv.ts';
import { newAgeKey, sealAge } from '../../controller/secrets/age.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

export interface SecretKeygenOptions {
  readonly out?: string;
}

export interface SecretSealOptions {
  readonly recipient?: readonly string[];
}

export interface SecretImportOptions extends SecretSealOptions {
  readonly name: string;
}

/** A new identity for SKEP_AGE_KEY_FILE, as `age-keygen` writes it. */
export async function secretKeygen(
  terminal: Terminal,
  { out }: SecretKeygenOptions,
): Promise<ExitCode> {
  const { identity, recipient } = await newAgeKey();
  const text = `# public key: ${recipient}\n${identity}\n`;
  if (out === undefined) terminal.out(text.trimEnd());
  else {
    write(resolve(terminal.cwd, out), text);
    terminal.out(recipient);
  }
  return EXIT.ok;
}

/** The value from standard input, sealed; its last line break is none of it. */
export async function secretSeal(
  terminal: Terminal,
  options: SecretSealOptions,
): Promise<ExitCode> {
  const recipients = recipientsOf(options);
  const value = terminal.inputIsTerminal
    ? await terminal.ask('Value: ', true)
    : (await terminal.readInput()).replace(/\r?\n$/, '');
  terminal.out((await seal(value, recipients)).trimEnd());
  return EXIT.ok;
}

/** Every value of a .env file as a Secret; what an App says to use them goes to standard error. */
export async function secretImport(
  terminal: Terminal,
  file: string,
  options: SecretImportOptions,
): Promise<ExitCode> {
  const recipients = recipientsOf(options);
  const { values, faults } = parseDotenv(read(resolve(terminal.cwd, file)), () => undefined);
  const [fault] = faults;
  if (fault) throw new CliError(`${file} does not parse: ${fault.message}`);
  if (values.size === 0) throw new CliError(`${file} holds no value`);
  const lines = ['apiVersion: skep/v1', 'kind: Secret', 'metadata:', `  name: ${options.name}`];
  lines.push('spec:', '  values:');
  for (const [key, value] of values) {
    const sealed = (await seal(value, recipients)).trimEnd();
    lines.push(`    ${key}: |`, ...sealed.split('\n').map((line) => `      ${line}`));
  }
  terminal.out(lines.join('\n'));
  terminal.err('in the App:\n  secrets:');
  for (const key of values.keys()) {
    terminal.err(`    ${key}: {from: ${options.name}/${key}, as: value}`);
  }
  return EXIT.ok;
}

function recipientsOf({ recipient = [] }: SecretSealOptions): readonly string[] {
  if (recipient.length > 0) return recipient;
  throw new CliError(
    'no recipient is given',
    'name the public key of the controller: --recipient age1…',
  );
}

async function seal(value: string, recipients: readonly string[]): Promise<string> {
  try {
    return await sealAge(value, recipients);
  } catch {
    throw new CliError(`not a recipient of age: ${recipients.join(', ')}`, 'it begins with age1');
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CliError(`${path} cannot be read`);
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch {
    throw new CliError(`${path} cannot be written, or is there already`);
  }
}
