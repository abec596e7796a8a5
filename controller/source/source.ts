import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { type CommitSha, Failure } from '../../schemas/domain/index.ts';
import type { Source } from '../reconcile/ports.ts';
import { DEFAULT_LIMITS, type SourceLimits } from './limits.ts';
import { MirroredRepository } from './mirrored-repository.ts';
import { parseBranch, parseFolder, parseRepository } from './repository-location.ts';
import { SharedRun, untilAborted } from './shared-run.ts';
import { Triggers } from './triggers.ts';
import { createWebhook, type WebhookHandler } from './webhook.ts';

export interface SourceOptions {
  /** A path, `ssh://` or `https://`. */
  readonly repository: string;
  readonly branch: string;
  /** Folder inside the repository, `.` for its root. */
  readonly path: string;
  /** Where mirrors are kept; made if it is not there. */
  readonly directory: string;
  readonly pollIntervalMs: number;
  readonly webhookSecret?: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1). */
  readonly random: () => number;
  readonly limits?: Partial<SourceLimits>;
}

export interface FetchStatus {
  readonly head: CommitSha | null;
  /** ISO 8601, of the last fetch that worked. */
  readonly fetchedAt: string | null;
  /** Of the last fetch, where it failed; `since` the first of these failures. */
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly since: string;
  } | null;
}

/** A followed repository with its triggers. */
export interface GitSource extends Source {
  /** Begins to poll and to watch; triggers once for the first fetch. */
  start(signal: AbortSignal): void;
  /** Resolves when no process of ours runs any more. */
  stop(): Promise<void>;
  status(): FetchStatus;
  /** Something may have moved. */
  trigger(): void;
  /** For `POST /hooks/generic`. */
  readonly webhook: WebhookHandler;
}

/** @throws Failure E_URL, E_BRANCH, E_PATH when a setting cannot be used. */
export function createSource(options: SourceOptions): GitSource {
  const limits: SourceLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const location = parseRepository(options.repository);
  const { clock, logger } = options;
  const ended = new AbortController();
  const repository = new MirroredRepository({
    location,
    branch: parseBranch(options.branch),
    folder: parseFolder(options.path),
    directory: options.directory,
    limits,
    clock,
    logger,
    signal: ended.signal,
  });
  let status: FetchStatus = { head: null, fetchedAt: null, error: null };
  const triggers = new Triggers({
    localPath: location.kind === 'local' ? location.address : null,
    branch: options.branch,
    head: () => (status.error ? null : status.head),
    pollIntervalMs: options.pollIntervalMs,
    clock,
    logger,
    random: options.random,
  });
  const now = () => new Date(clock.now()).toISOString();
  const fetches = new SharedRun(async () => {
    try {
      const commit = await repository.fetch();
      status = { head: commit.sha, fetchedAt: now(), error: null };
      triggers.fetched(true);
      return commit;
    } catch (error) {
      if (!ended.signal.aborted) {
        status = { ...status, error: failed(status.error, error, now()) };
        triggers.fetched(false);
      }
      throw error;
    }
  });

  return {
    fetch: (signal) => untilAborted(fetches.run(), signal),
    tree: (sha, signal) => untilAborted(repository.tree(sha), signal),
    blobs: (ids, signal) => untilAborted(repository.blobs(ids), signal),
    log: (from, until, limit) => repository.log(from, until, limit),
    onTrigger: (listener) => triggers.onTrigger(listener),
    start: (signal) => triggers.start(signal),
    async stop() {
      ended.abort(new Failure('Aborted', 'the source was stopped', { retry: 'never' }));
      await triggers.stop();
      await fetches.idle();
      repository.stop();
    },
    status: () => status,
    trigger: () => triggers.poke(),
    webhook: createWebhook({
      secret: options.webhookSecret || undefined,
      clock,
      logger,
      onPoke: () => triggers.poke(),
    }),
  };
}

function failed(known: FetchStatus['error'], error: unknown, now: string): FetchStatus['error'] {
  const code = error instanceof Failure ? error.code : 'SourceFailed';
  const message = error instanceof Error ? error.message : String(error);
  return { code, message, since: known?.code === code ? known.since : now };
}
