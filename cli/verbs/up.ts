import { mkdirSync } from 'node:fs';
import { loadControllerConfig } from '../../controller/config.ts';
import { startController } from '../../controller/main.ts';
import { aborted } from '../../kit/shutdown.ts';
import { NAME_PATTERN, toHostName } from '../../schemas/domain/index.ts';
import { dataDirOf } from '../api/connect.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Environment, Terminal } from '../terminal.ts';
import { LocalAgent } from '../up/local-agent.ts';
import { keptUser } from '../up/local-user.ts';
import { repositoryFor } from '../up/repository.ts';

export interface UpFlags {
  readonly repo?: string;
  readonly hostName: string;
  readonly dataDir?: string;
  readonly json: boolean;
}

export interface UpOptions extends UpFlags {
  /** Flags by setting name; they win over the environment. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What `--json` prints in one line once everything runs; null where a part is off. */
interface Ready {
  readonly ready: true;
  readonly api: string;
  readonly agentListen: string;
  readonly git: string;
  readonly gatewayHttp: string | null;
  readonly gatewayHttps: string | null;
  readonly user: string;
  readonly password: string;
  readonly dataDir: string;
  readonly engine: string;
}

/** Controller and one local agent in one process tree, until Ctrl-C; containers stay. */
export async function up(terminal: Terminal, options: UpOptions): Promise<ExitCode> {
  const { env } = terminal;
  if (!NAME_PATTERN.test(options.hostName)) {
    throw new CliError(`--host-name: not a host name: ${options.hostName}`);
  }
  const dataDir = dataDirOf(env, options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const branch = options.settings['SKEP_BRANCH'] ?? (env['SKEP_BRANCH'] || 'main');
  const repo = options.repo ?? (env['SKEP_REPO'] || 'hosted');
  const git = await repositoryFor(terminal, repo, dataDir, branch);
  const config = loadControllerConfig(settingsFor(terminal, options, dataDir, git), env);
  const { user, password, passwordHash } = keptUser(dataDir);
  const controller = await startController(config, [
    { name: user, passwordHash, roles: ['admin'] },
  ]);
  const agent = new LocalAgent({
    dataDir,
    env,
    logLevel: config.logLevel,
    logFormat: config.logFormat,
    joinToken: () => controller.createJoinToken(toHostName(options.hostName)),
    report: (line) => terminal.err(`skep: ${line}`),
  });
  const stop = async () => {
    await agent.stop();
    await controller.stop();
  };
  await agent.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const ready: Ready = {
    ready: true,
    api: controller.apiUrl,
    agentListen: controller.agentListen,
    git,
    gatewayHttp: null,
    gatewayHttps: null,
    user,
    password,
    dataDir,
    engine: engineOf(env),
  };
  terminal.out(options.json ? JSON.stringify(ready) : welcome(ready));
  await aborted(terminal.signal);
  await stop();
  return EXIT.ok;
}

/** On one machine nobody else dials in, so the listeners stay on the loopback unless asked. */
function settingsFor(terminal: Terminal, options: UpOptions, dataDir: string, git: string) {
  const { env } = terminal;
  const unlessSet = (name: string, value: string) => (env[name] ? {} : { [name]: value });
  return {
    ...unlessSet('SKEP_AGENT_LISTEN', '127.0.0.1:7421'),
    ...unlessSet('SKEP_ENROLL_LISTEN', '127.0.0.1:7422'),
    ...unlessSet('SKEP_LOG_FORMAT', terminal.isTerminal ? 'pretty' : 'json'),
    ...options.settings,
    SKEP_REPO: git,
    SKEP_DATA_DIR: dataDir,
    SKEP_IMPLICIT_HOSTS: options.hostName,
  };
}

const engineOf = (env: Environment): string => env['DOCKER_HOST'] || 'unix:///var/run/docker.sock';

const welcome = ({ api, git, user, password }: Ready): string =>
  [
    `skep is up         API ${api}/api/v1, user ${user}, password ${password}`,
    `repository         ${git}`,
    `log in             skep login --server ${api} --user ${user}`,
    'what is deployed   skep status --watch',
    `change something   git clone ${git} deploy, edit, git commit, git push, skep wait`,
    'Ctrl-C ends skep; containers stay.',
  ].join('\n');
