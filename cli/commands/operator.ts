import { type Definitions, dataDirOption, formatOption, serverOption } from '../command.ts';
import type { HostAddOptions } from '../verbs/host.ts';
import type { LoginOptions } from '../verbs/login.ts';
import type { Format } from '../verbs/reads.ts';

/** Access, and the operator's few acts. */
export function defineOperator(definitions: Definitions): void {
  definitions.program.commandsGroup('Access and hosts:');
  defineLogin(definitions);
  defineHost(definitions);
}

function defineLogin({ program, terminal, verb }: Definitions): void {
  program
    .command('login')
    .description('log in to a controller; keeps tokens under ~/.config/skep')
    .option('--user <name>', 'asked for on a terminal')
    .addOption(serverOption())
    .addHelpText('after', '\nThe password is asked for, or read from standard input.')
    .action(
      verb(async (options: LoginOptions) => {
        const { login } = await import('../verbs/login.ts');
        return await login(terminal, options);
      }),
    );
  program
    .command('logout')
    .description('end the session and forget its tokens')
    .addOption(serverOption())
    .addHelpText('after', '\nWithout --server: the one of the last login.')
    .action(
      verb(async (options: LoginOptions) => {
        const { logout } = await import('../verbs/login.ts');
        return await logout(terminal, options);
      }),
    );
}

const ADD_HELP = `
Run it on the controller's machine. It prints one line for each host, to be run there as root
within 30 minutes, and writes hosts/NAME.yaml into the repository at --dir.`;

function defineHost({ program, terminal, verb }: Definitions): void {
  const host = program.command('host').description('hosts: list, add, revoke');
  host
    .command('list')
    .description('every host that is declared or connected')
    .addOption(formatOption())
    .addOption(serverOption())
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      '\nOffline hosts keep what they run; `skep why APP` says what waits for them.',
    )
    .action(
      verb(async (options: { format: Format; server?: string; dataDir?: string }) => {
        const { hosts } = await import('../verbs/reads.ts');
        const { connect } = await import('../api/connect.ts');
        return await hosts(terminal, connect(terminal, options), options);
      }),
    );
  host
    .command('add')
    .argument('<name...>', 'names for the new hosts')
    .description('print one join line for each new host and write its Host document')
    .option('--dir <dir>', 'your clone of the repository', '.')
    .addOption(dataDirOption())
    .addHelpText('after', ADD_HELP)
    .action(
      verb(async (names: readonly string[], options: HostAddOptions) => {
        const { hostAdd } = await import('../verbs/host.ts');
        return await hostAdd(terminal, names, options);
      }),
    );
  host
    .command('revoke')
    .argument('<name>')
    .description("cut a host's agent off; it needs a new join line to come back")
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      '\nWhat runs there goes on running. Remove its Host document from the repository too.',
    )
    .action(
      verb(async (name: string, options: { readonly dataDir?: string }) => {
        const { hostRevoke } = await import('../verbs/host.ts');
        return await hostRevoke(terminal, name, options);
      }),
    );
}
