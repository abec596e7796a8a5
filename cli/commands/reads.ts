import type { Api } from '../api/client.ts';
import {
  type Definitions,
  dataDirOption,
  formatOption,
  positive,
  serverOption,
} from '../command.ts';
import { parseDuration } from '../duration.ts';
import type { Terminal } from '../terminal.ts';
import type { PlanOptions } from '../verbs/plan.ts';
import type { Format } from '../verbs/reads.ts';
import type { StatusOptions } from '../verbs/status.ts';

interface Where {
  readonly server?: string;
  readonly dataDir?: string;
}

async function apiOf(terminal: Terminal, where: Where): Promise<Api> {
  const { connect } = await import('../api/connect.ts');
  return connect(terminal, where);
}

/** Verbs that ask the controller and change nothing. */
export function defineReads(definitions: Definitions): void {
  definitions.program.commandsGroup('What is, was and would be:');
  defineStatus(definitions);
  defineWait(definitions);
  definePlan(definitions);
  defineHistory(definitions);
}

function defineStatus({ program, terminal, verb }: Definitions): void {
  program
    .command('status')
    .argument('[app]', 'NAME or PROJECT/NAME: everything about that one')
    .description('what is deployed: sync, health, revision, age')
    .option('-w, --watch', 'keep showing it until Ctrl-C', false)
    .addOption(formatOption())
    .addOption(serverOption())
    .addOption(dataDirOption())
    .addHelpText('after', '\nExit: 0 when every app shown is Healthy, else 3.')
    .action(
      verb(async (app: string | undefined, options: StatusOptions & Where) => {
        const { status } = await import('../verbs/status.ts');
        return await status(terminal, await apiOf(terminal, options), app, options);
      }),
    );
  program
    .command('why')
    .argument('<app>', 'NAME or PROJECT/NAME')
    .description('what blocks an app, since when, and what clears it')
    .addOption(formatOption())
    .addOption(serverOption())
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      '\nFrom the cause to its effect, one line each. Exit: 0 also where something blocks it.',
    )
    .action(
      verb(async (app: string, options: { readonly format: Format } & Where) => {
        const { why } = await import('../verbs/reads.ts');
        return await why(terminal, await apiOf(terminal, options), app, options);
      }),
    );
}

interface WaitFlags extends Where {
  readonly rev?: string;
  readonly timeout: string;
  readonly format: 'text' | 'json';
}

const WAIT_HELP = `
Without --rev it waits for what the followed branch points at now. A revision that a newer one
supersedes is followed to that one.
Exit: 0 applied and healthy; 4 failed or refused; 5 the time ran out.

Example: git push && skep wait --rev HEAD --timeout 5m`;

function defineWait({ program, terminal, verb }: Definitions): void {
  program
    .command('wait')
    .description('until a revision is applied and healthy, or has failed')
    .option('--rev <sha>', 'a commit id, or any name git knows in this folder')
    .option('--timeout <duration>', 'such as 90s, 10m', '10m')
    .addOption(formatOption())
    .addOption(serverOption())
    .addOption(dataDirOption())
    .addHelpText('after', WAIT_HELP)
    .action(
      verb(async ({ timeout, ...options }: WaitFlags) => {
        const { wait } = await import('../verbs/wait.ts');
        const timeoutMs = parseDuration('--timeout', timeout);
        return await wait(terminal, await apiOf(terminal, options), { ...options, timeoutMs });
      }),
    );
}

function definePlan({ program, terminal, verb }: Definitions): void {
  program
    .command('plan')
    .description('what a revision, or the files of a folder, would change on the hosts')
    .option('--rev <sha>', 'a commit of the followed repository (default: the one in force)')
    .option('--dir <dir>', 'files of a working tree, committed or not')
    .addOption(formatOption(['text', 'json', 'markdown']))
    .addOption(serverOption())
    .addOption(dataDirOption())
    .addHelpText('after', '\nExit: 0 nothing would change; 2 something would; 1 an error.')
    .action(
      verb(async (options: PlanOptions & Where) => {
        const { plan } = await import('../verbs/plan.ts');
        return await plan(terminal, await apiOf(terminal, options), options);
      }),
    );
}

interface HistoryFlags extends Where {
  readonly limit: number;
  readonly format: Format;
}

interface EventFlags extends Where {
  readonly since?: string;
  readonly format: Format;
}

function defineHistory({ program, terminal, verb }: Definitions): void {
  program
    .command('history')
    .argument('[app]', 'rollouts of that app instead of revisions')
    .description('what was deployed, newest first')
    .option('--limit <n>', 'how many', positive, 20)
    .addOption(formatOption())
    .addOption(serverOption())
    .addOption(dataDirOption())
    .addHelpText('after', '\nExamples: skep history; skep history shop --limit 5')
    .action(
      verb(async (app: string | undefined, options: HistoryFlags) => {
        const { history } = await import('../verbs/reads.ts');
        return await history(terminal, await apiOf(terminal, options), app, options);
      }),
    );
  program
    .command('events')
    .description('events as they happen, until Ctrl-C')
    .option('--since <id>', 'begin after the event of that number')
    .addOption(formatOption())
    .addOption(serverOption())
    .addOption(dataDirOption())
    .addHelpText('after', '\nExample: skep events --since 120 --format json | jq .type')
    .action(
      verb(async (options: EventFlags) => {
        const { events } = await import('../verbs/reads.ts');
        return await events(terminal, await apiOf(terminal, options), options);
      }),
    );
}
