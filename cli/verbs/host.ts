import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { NAME_PATTERN } from '../../schemas/domain/index.ts';
import { AdminSocket } from '../api/admin.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

export interface HostAddOptions {
  readonly dataDir?: string;
  /** Folder of the repository in which the Host documents are written. */
  readonly dir: string;
}

export interface JoinToken {
  readonly token: string;
  readonly expiresAt?: string;
}

/** One join line and one Host document for each name. */
export async function hostAdd(
  terminal: Terminal,
  names: readonly string[],
  options: HostAddOptions,
): Promise<ExitCode> {
  for (const name of names) checkName(name);
  const admin = AdminSocket.open(terminal, options.dataDir);
  for (const name of names) {
    const { token } = await admin.post<JoinToken>('/join-tokens', { host: name });
    terminal.out(`SKEP_JOIN_TOKEN=${token} skep agent`);
    const file = writeHostDocument(resolve(terminal.cwd, options.dir), name);
    const shown = relative(terminal.cwd, file);
    terminal.err(`# on ${name}, as root, within 30 minutes: the line above`);
    terminal.err(`# ${shown} declares it: commit and push that file`);
  }
  return EXIT.ok;
}

export async function hostRevoke(
  terminal: Terminal,
  name: string,
  options: { readonly dataDir?: string },
): Promise<ExitCode> {
  checkName(name);
  const admin = AdminSocket.open(terminal, options.dataDir);
  await admin.post(`/hosts/${name}/revoke`, {});
  terminal.out(`${name} is revoked: its agent is cut off and cannot come back without a new join`);
  terminal.err('# remove its Host document from the repository too');
  return EXIT.ok;
}

/** @throws CliError where no Host can be named so. */
export function checkName(name: string): void {
  if (NAME_PATTERN.test(name)) return;
  throw new CliError(
    `not a host name: ${JSON.stringify(name)}`,
    'lower-case letters, digits and dashes, at most 63, not beginning or ending with a dash',
  );
}

/** An existing document is left as it is. @returns its path. */
function writeHostDocument(dir: string, name: string): string {
  const file = join(dir, 'hosts', `${name}.yaml`);
  if (existsSync(file)) return file;
  const text = [
    'apiVersion: skep/v1',
    'kind: Host',
    'metadata:',
    `  name: ${name}`,
    'spec: {}',
    '',
  ].join('\n');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { flag: 'wx' });
  return file;
}
