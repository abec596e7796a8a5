import { type Command, Option } from 'commander';
import { collect, collectPair, type Definitions, formatOption } from '../command.ts';
import type { ComposeOptions } from '../verbs/compose-files.ts';
import type { RequestsOptions } from '../verbs/compose-requests.ts';
import type { ValidateOptions } from '../verbs/validate.ts';
import { defineImport } from './import.ts';
import { defineSecrets } from './secrets.ts';

/** Verbs that need no controller. */
export function defineOffline({ program, terminal, verb }: Definitions): void {
  program.commandsGroup('Without a controller:');
  program
    .command('validate')
    .argument('[dir]', 'the working tree, as it lies on the disk', '.')
    .description('check manifests and Compose files; print every issue at once')
    .addOption(formatOption(['text', 'json', 'github']))
    .option('--path <folder>', 'the folder inside it that is loaded (SKEP_PATH)', '.')
    .option('--strict', 'unset variables and text that Compose drops are errors')
    .addHelpText('after', '\nIssues are `path:line:col: CODE: message`. Exit: 0, or 1 with errors.')
    .action(
      verb(async (dir: string, options: ValidateOptions) => {
        const { validate } = await import('../verbs/validate.ts');
        return await validate(terminal, dir, options);
      }),
    );
  program
    .command('init')
    .argument('[dir]', 'an empty or new folder', '.')
    .description('write a starter repository')
    .addHelpText('after', '\nExample: skep init deploy && cd deploy && skep validate')
    .action(
      verb(async (dir: string) => {
        const { init } = await import('../verbs/init.ts');
        return init(terminal, dir);
      }),
    );
  program
    .command('hash-password')
    .description('print the argon2id hash for a User; asks, or reads standard input')
    .addHelpText(
      'after',
      '\nIt goes in `passwordHash` of a User. Example: pass show skep | skep hash-password',
    )
    .action(
      verb(async () => {
        const { printPasswordHash } = await import('../verbs/hash-password.ts');
        return await printPasswordHash(terminal);
      }),
    );
  defineImport({ program, terminal, verb });
  defineSecrets({ program, terminal, verb });
  defineCompose({ program, terminal, verb });
}

function defineCompose({ program, terminal, verb }: Definitions): void {
  const compose = program.command('compose').description('what skep makes of Compose files');
  withFiles(compose.command('config'))
    .description("print the normalised model as JSON, shaped as Compose's own")
    .addHelpText(
      'after',
      '\nOffline. Exit: 0, or 1 with issues.\nExample: skep compose config -f compose.yaml --set TAG=2',
    )
    .action(
      verb(async (options: ComposeOptions) => {
        const { composeConfig } = await import('../verbs/compose.ts');
        return composeConfig(terminal, options);
      }),
    );
  withFiles(compose.command('requests'))
    .description('print the create requests for an engine that has nothing yet, as JSON lines')
    .addOption(targetOption())
    .option('--api-version <version>', "the engine's", '1.50')
    .addHelpText('after', AFTER_REQUESTS)
    .action(
      verb(async (options: RequestsOptions) => {
        const { composeRequests } = await import('../verbs/compose-requests.ts');
        return composeRequests(terminal, options);
      }),
    );
}

const AFTER_REQUESTS = `
Each line is {"method","path","query","body"}, in the order they are sent, before skep adds its own
labels and defaults. External objects and those that no service uses are left out.`;

const targetOption = (): Option =>
  new Option('--target <target>', 'what the services become')
    .choices(['container', 'swarm'])
    .default('container');

/** The flags that say which files are read, and how. */
const withFiles = (command: Command): Command =>
  command
    .option('-f, --file <file>', 'a Compose file; several are merged in order', collect)
    .option(
      '--env-file <file>',
      'instead of the .env beside the first file; later ones win',
      collect,
    )
    .option('--profile <profile>', "services of this profile too; '*' for all", collect)
    .option('--set <key=value>', 'a value for interpolation, over the env file', collectPair)
    .option('--strict', 'unset variables and text that Compose drops are errors')
    .option('--project-name <name>', "instead of `name:` or the folder's name")
    .option('--project-directory <dir>', 'what relative paths start from');
