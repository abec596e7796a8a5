import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../kit/clock.ts';
import { detachEnvironment } from '../kit/environment.ts';
import { createLogger } from '../kit/logger.ts';
import { aborted, runUntilSignal } from '../kit/shutdown.ts';
import { type DesiredState, type HostName, toHostName } from '../schemas/domain/index.ts';
import { startAdminSocket } from './api/admin.ts';
import { createApp } from './api/app.ts';
import type { ApiDeps, LocalUser, PlanAnswer } from './api/ports.ts';
import { startApiServer } from './api/server.ts';
import { type ControllerConfig, loadControllerConfig } from './config.ts';
import { renderPlan } from './core/plan/render-plan.ts';
import { openDigestKey } from './digest-key.ts';
import { FleetServer } from './fleet/fleet-server.ts';
import { type Preview, Reconciler } from './reconcile/reconciler.ts';
import { identitiesOf } from './secrets/key-file.ts';
import { SecretOpener } from './secrets/secret-opener.ts';
import { openSigningKeys } from './signing-keys.ts';
import { createSource } from './source/source.ts';
import { openStore } from './store/open-store.ts';
import { FileVault } from './vault/file-vault.ts';

export interface RunningController {
  readonly apiUrl: string;
  /** `address:port`, as bound. */
  readonly agentListen: string;
  readonly enrollListen: string;
  /** One word that lets the named host join once within 30 minutes. */
  createJoinToken(host: HostName): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the rooms in order: vault, store, fleet, source, loop, API. Stops them in reverse. */
export async function startController(
  config: ControllerConfig,
  localUsers: readonly LocalUser[] = [],
): Promise<RunningController> {
  const logger = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    program: 'controller',
  });
  const clock = systemClock;
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const vault = await FileVault.open(join(config.dataDir, 'vault'), randomBytes);
  const store = await openStore({ dataDir: config.dataDir, clock });
  const abort = new AbortController();
  const nowIso = () => new Date(clock.now()).toISOString();
  const audit = (actor: string, action: string, subject: string) => {
    void store
      .addAudit({ at: nowIso(), actor, action, subject, detail: {} })
      .catch((error: unknown) => logger.error({ error: String(error) }, 'audit was not stored'));
  };
  const fleet = new FleetServer({
    clock,
    logger,
    randomBytes,
    secrets: vault,
    installation: vault.installation(),
    agentListen: config.agentListen,
    enrollListen: config.enrollListen,
    advertise: config.agentAdvertise,
    declared: () => {
      const desired = reconciler.desired();
      return desired && new Set(desired.hosts.keys());
    },
    swarms: () => swarmsOf(reconciler.desired()),
    audit,
  });
  const source = createSource({
    repository: config.repo,
    branch: config.branch,
    path: config.path,
    directory: join(config.dataDir, 'mirrors'),
    pollIntervalMs: config.pollIntervalMs,
    webhookSecret: config.webhookSecret,
    clock,
    logger,
    random: Math.random,
  });
  const reconciler = new Reconciler({
    source,
    fleet,
    store,
    vault,
    secrets: new SecretOpener(identitiesOf(config.ageKeyFile)),
    clock,
    logger,
    newId: randomUUID,
    digestKey: await openDigestKey(vault, randomBytes),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    repository: config.repo,
    branch: config.branch,
    implicitHosts: config.implicitHosts.map(toHostName),
  });
  const deps: ApiDeps = {
    store,
    desired: () => reconciler.desired(),
    sourceStatus: () => reconciler.sourceStatus(),
    hosts: () => reconciler.hosts(),
    plan: async (request, signal) => {
      if (request.kind === 'files')
        return answer(null, await reconciler.previewFiles(request.files));
      const sha = request.sha ?? reconciler.desired()?.revision;
      if (!sha) return { revision: null, issues: [], units: [] };
      return answer(sha, await reconciler.previewRevision(sha, signal));
    },
    tailLogs: (host, container, lines) => fleet.tailLogs(host, container, lines),
    masked: (app, text) => reconciler.masked(app, text),
    subscribe: (listener) => store.subscribe(listener),
    notReady: () => [...(reconciler.desired() ? [] : ['no-revision']), ...store.problems()],
    keys: await openSigningKeys(vault, randomUUID),
    installation: vault.installation(),
    addAudit: (entry) => store.addAudit(entry),
    localUsers,
    clock,
    randomBytes,
    logger,
  };
  await fleet.start();
  await reconciler.start(abort.signal);
  source.start(abort.signal);
  const tls = config.apiTls && {
    cert: readFileSync(config.apiTls.certFile, 'utf8'),
    key: readFileSync(config.apiTls.keyFile, 'utf8'),
  };
  const api = await startApiServer(createApp(deps), {
    listen: config.apiListen,
    ...(tls && { tls }),
    mounts: [{ prefix: '/hooks/', handler: source.webhook }],
  });
  const admin = await startAdminSocket({
    dataDir: config.dataDir,
    deps,
    acts: {
      createJoinToken: (host, lifeMs) => fleet.createJoinToken(host, lifeMs),
      revokeHost: (host) => fleet.revoke(host),
      takeOver: () => fleet.takeOver(),
    },
  });
  logger.info({ api: api.url, ...fleet.addresses() }, 'controller is up');
  return {
    apiUrl: config.publicUrl ?? api.url,
    agentListen: fleet.addresses().agent,
    enrollListen: fleet.addresses().enroll,
    createJoinToken: (host) => fleet.createJoinToken(host),
    async stop() {
      abort.abort(new Error('stopping'));
      await admin.stop();
      await api.stop();
      await source.stop();
      await reconciler.stop();
      await fleet.stop();
      await store.stop();
    },
  };
}

/** Git alone says which host is of which swarm. */
function swarmsOf(desired: DesiredState | undefined): ReadonlyMap<HostName, string> {
  const hosts = [...(desired?.hosts.values() ?? [])];
  return new Map(hosts.flatMap(({ name, swarm }) => (swarm === undefined ? [] : [[name, swarm]])));
}

function answer(revision: PlanAnswer['revision'], preview: Preview): PlanAnswer {
  const units = preview.plans.map((plan) => ({ plan, text: renderPlan(plan, 'text') }));
  return { revision, issues: preview.issues, units };
}

/** The daemon: settings from `env`, an exit code at the end. */
export async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const report = (error: unknown) => {
    process.stderr.write(
      `skep controller: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  };
  return await runUntilSignal(async (signal) => {
    const controller = await startController(loadControllerConfig({}, env));
    await aborted(signal);
    await controller.stop();
  }, report);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  detachEnvironment();
  process.exitCode = await main(process.env);
}
