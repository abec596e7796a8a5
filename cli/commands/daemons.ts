import { type Definitions, dataDirOption } from '../command.ts';
import { EXIT } from '../exit.ts';
import {
  AGENT_SETTINGS,
  addSettings,
  CONTROLLER_SETTINGS,
  givenSettings,
  UP_SETTINGS,
} from '../settings.ts';
import type { PauseOptions } from '../verbs/pause.ts';
import type { UpFlags } from '../verbs/up.ts';

type Flags = Readonly<Record<string, unknown>>;

const SETTINGS_HELP = `
Each flag is also the variable in brackets; a flag wins. A secret can be given as <NAME>_FILE.`;

/** The programs themselves. */
export function defineDaemons(definitions: Definitions): void {
  definitions.program.commandsGroup('Programs:');
  defineUp(definitions);
  defineController(definitions);
  defineAgent(definitions);
}

const UP_HELP = `${SETTINGS_HELP}
The engine is the one that DOCKER_HOST names. Ctrl-C ends skep; containers stay.
--json prints ready, api, agentListen, git, gatewayHttp, gatewayHttps, user, password, dataDir and
engine; null is what is off.

Example: skep up --repo hosted --data-dir ~/skep`;

function defineUp({ program, terminal, verb }: Definitions): void {
  const command = program
    .command('up')
    .description('controller and an agent for this machine, in one process tree')
    .option('--repo <path>', 'URL or path of a repository, or `hosted`: one in the data folder')
    .option('--host-name <name>', 'what this machine is called in the repository', 'local')
    .option('--json', 'print one line of JSON when ready', false)
    .addOption(dataDirOption());
  addSettings(command, UP_SETTINGS)
    .addHelpText('after', UP_HELP)
    .action(
      verb(async (options: UpFlags & Flags) => {
        const { up } = await import('../verbs/up.ts');
        return await up(terminal, { ...options, settings: givenSettings(UP_SETTINGS, options) });
      }),
    );
}

function defineController({ program, terminal, verb }: Definitions): void {
  const command = program.command('controller').description('the controller alone, as a daemon');
  addSettings(command, CONTROLLER_SETTINGS)
    .addHelpText('after', SETTINGS_HELP)
    .action(
      verb(async (options: Flags) => {
        const { main } = await import('../../controller/main.ts');
        const code = await main({
          ...terminal.env,
          ...givenSettings(CONTROLLER_SETTINGS, options),
        });
        return code === 0 ? EXIT.ok : EXIT.error;
      }),
    );
}

const JOIN_HELP = `
A first join needs the line that \`skep host add NAME\` prints: SKEP_JOIN_TOKEN=… skep agent`;

const AGENT_HELP = `
Without a command it is \`skep agent run\`, with all its options.${JOIN_HELP}`;

const PAUSE_HELP = `
For the owner of this host, as root, also without a controller: while paused the agent changes
nothing here. The pause ends by itself.`;

function defineAgent(definitions: Definitions): void {
  const { program, terminal, verb } = definitions;
  const agent = program
    .command('agent')
    .description('the agent of this host; pause and resume it')
    .addHelpText('after', AGENT_HELP);
  const run = agent
    .command('run', { isDefault: true })
    .description('connect this host and stay connected, as a daemon');
  addSettings(run, AGENT_SETTINGS)
    .addHelpText('after', `${SETTINGS_HELP}${JOIN_HELP}`)
    .action(
      verb(async (options: Flags) => {
        const { main } = await import('../../agent/main.ts');
        const code = await main({ ...terminal.env, ...givenSettings(AGENT_SETTINGS, options) });
        return code === 0 ? EXIT.ok : EXIT.error;
      }),
    );
  agent
    .command('pause')
    .description('refuse every change on this host for a time')
    .requiredOption('--for <duration>', 'how long: 30m, 1h; at most 24h')
    .requiredOption('--reason <text>', 'why, for whoever looks at the status')
    .addOption(dataDirOption("the agent's"))
    .addHelpText('after', PAUSE_HELP)
    .action(
      verb(async (options: PauseOptions) => {
        const { pause } = await import('../verbs/pause.ts');
        return await pause(terminal, options);
      }),
    );
  agent
    .command('resume')
    .description('end a pause before its time')
    .addOption(dataDirOption("the agent's"))
    .addHelpText('after', '\nFor the owner of this host, as root.')
    .action(
      verb(async (options: { readonly dataDir?: string }) => {
        const { resume } = await import('../verbs/pause.ts');
        return await resume(terminal, options);
      }),
    );
}
