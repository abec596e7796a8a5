import { hashPassword } from '../../controller/api/password.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { readPassword } from './login.ts';

/** The argon2id PHC string that goes into a `User`'s `passwordHash`. */
export async function printPasswordHash(terminal: Terminal): Promise<ExitCode> {
  const password = await readPassword(terminal, 'New password: ');
  if (terminal.inputIsTerminal) {
    const again = await terminal.ask('Again: ', true);
    if (again !== password) throw new CliError('the two are not the same');
  }
  terminal.out(hashPassword(password));
  return EXIT.ok;
}
