import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { systemClock } from '../kit/clock.ts';
import { createLogger } from '../kit/logger.ts';
import { runUntilSignal } from '../kit/shutdown.ts';
import { VERSION } from '../kit/version.ts';
import { type AgentConfig, loadAgentConfig } from './config.ts';
import { createDockerodeEngine } from './docker/dockerode-engine.ts';
import { createSwarmEngine } from './docker/swarm-engine.ts';
import { timedEngine } from './docker/timed-engine.ts';
import { HostExecutor } from './execute/executor.ts';
import { FileBudget } from './execute/file-budget.ts';
import { ContentFileStore } from './execute/file-store.ts';
import { HostPolicyFile } from './execute/host-policy.ts';
import { keepHouse, tidy } from './execute/housekeeping.ts';
import { FileJournal } from './execute/journal.ts';
import { openJournalFile } from './execute/journal-file.ts';
import { readPause } from './execute/pause-file.ts';
import { FolderTreeStore } from './execute/tree-store.ts';
import { createLogReader } from './observe/log-reader.ts';
import { createManifestReader } from './observe/manifest-reader.ts';
import { HostObserver } from './observe/observer.ts';
import { stayConnected } from './session/connect.ts';
import { Contact } from './session/contact.ts';

const SALT_BYTES = 16;

/**
 * The agent: observes one engine, performs what the controller asks, until `signal` aborts.
 * @throws Failure where a person must act (no join token, a refused one, key permissions).
 */
export async function runAgent(config: AgentConfig, signal: AbortSignal): Promise<void> {
  const { dataDir, logLevel: level, logFormat: format } = config;
  const logger = createLogger({ level, format, program: 'agent' });
  const clock = systemClock;
  const folder = join(dataDir, 'agent');
  const engine = timedEngine(createDockerodeEngine(config.dockerHost), clock);
  const swarm = createSwarmEngine(config.dockerHost, () => engine.apiVersion(), clock);
  const journalFile = await openJournalFile(join(folder, 'journal'));
  const journal = await FileJournal.open(journalFile, logger);
  const observer = new HostObserver({
    engine,
    swarm,
    clock,
    logger,
    random: Math.random,
    records: {
      recorded: (key) => journal.recordedApp(key) !== undefined,
      adopted: (key) => journal.adopted(key),
      told: (id) => journal.files(id),
      keys: () => journal.keys(),
      forget: (key) => void journal.forget(key).catch(() => {}),
    },
    salt: randomBytes(SALT_BYTES).toString('hex'),
  });
  const paused = () => readPause(dataDir, clock.now());
  const files = new ContentFileStore(join(dataDir, 'files'), clock);
  const ended = new AbortController();
  const trees = new FolderTreeStore(join(dataDir, 'trees'));
  const either = AbortSignal.any([signal, ended.signal]);
  const housekeeping = { engine, files, trees, journal, clock, logger };
  const budget = new FileBudget({
    folders: [join(dataDir, 'files'), join(dataDir, 'trees')],
    limitBytes: config.filesLimitBytes,
    tidy: () => tidy(housekeeping, either),
  });
  const policy = new HostPolicyFile(config.hostPolicyPath, (text) =>
    parse(text, { maxAliasCount: 0 }),
  );
  const executor = new HostExecutor({
    engine,
    swarm,
    journal,
    files,
    trees,
    admit: (bytes) => budget.admit(bytes),
    clock,
    logger,
    policy: () => policy.current(),
    paused,
    pulls: config.pulls,
    refresh: (refs) => observer.refresh(refs),
  });
  const contact = new Contact(join(folder, 'contact'), () => clock.now());
  observer.start();
  const house = keepHouse(housekeeping, either);
  try {
    await stayConnected(
      {
        folder: join(folder, 'identity'),
        joinToken: config.joinToken,
        observer,
        executor,
        logs: createLogReader(engine),
        manifests: createManifestReader(engine),
        paused,
        heard: () => contact.heard(),
        agentVersion: VERSION,
        clock,
        logger,
        random: Math.random,
      },
      signal,
    );
  } finally {
    ended.abort();
    await executor.stop();
    await observer.stop();
    await house;
    await journalFile.close();
  }
}

/** The daemon: settings from `env`, an exit code at the end. */
export async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const report = (error: unknown) => {
    process.stderr.write(`skep agent: ${error instanceof Error ? error.message : String(error)}\n`);
  };
  if (env['SKEP_EXIT_WITH_PARENT']) endWithParent();
  return await runUntilSignal((signal) => runAgent(loadAgentConfig({}, env), signal), report);
}

/**
 * Started by `skep up`: standard input ends when that process does, however it ends. Listening to
 * it keeps nothing alive, so that a stopped agent is gone at once.
 */
function endWithParent(): void {
  const { stdin } = process;
  stdin.on('end', () => process.exit(0)).resume();
  stdin.unref();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.env);
}
