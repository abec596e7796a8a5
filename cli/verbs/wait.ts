import type { CommitSha, RevisionStatus } from '../../schemas/domain/index.ts';
import { type Api, ApiError } from '../api/client.ts';
import { pause, wakeups } from '../api/wakeups.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { paintWith } from '../render/colour.ts';
import { ProgressLines, revisionReport } from '../render/revision.ts';
import { wantedRevision } from '../revision-name.ts';
import type { Terminal } from '../terminal.ts';

export interface WaitOptions {
  readonly rev?: string;
  readonly timeoutMs: number;
  readonly format: 'text' | 'json';
}

/** Until the revision is applied, has failed, or the time is up. */
export async function wait(terminal: Terminal, api: Api, options: WaitOptions): Promise<ExitCode> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([deadline, terminal.signal]);
  const asked = await wantedRevision(terminal, api, options.rev, signal);
  const watch = new Watch(terminal, api, options.format === 'text');
  const settled = asked === undefined ? undefined : await watch.follow(asked, signal);
  if (settled) return report(terminal, settled, options);
  if (terminal.signal.aborted) return EXIT.error;
  terminal.err(`skep: not settled within ${options.timeoutMs / 1_000} s: ${watch.last}`);
  return EXIT.timeout;
}

function report(terminal: Terminal, status: RevisionStatus, options: WaitOptions): ExitCode {
  const applied = status.state === 'applied';
  if (options.format === 'json') terminal.out(JSON.stringify(status, null, 2));
  else terminal.out(revisionReport(status, paintWith(terminal.colour)));
  return applied ? EXIT.ok : EXIT.failed;
}

/** Follows one revision, and those that supersede it, saying what changes. */
class Watch {
  readonly #terminal: Terminal;
  readonly #api: Api;
  readonly #lines: ProgressLines;
  readonly #loud: boolean;
  last = 'the controller has not seen it';

  constructor(terminal: Terminal, api: Api, loud: boolean) {
    this.#terminal = terminal;
    this.#api = api;
    this.#loud = loud;
    this.#lines = new ProgressLines(paintWith(terminal.colour));
  }

  /** @returns undefined when the signal aborts first. */
  async follow(asked: string, signal: AbortSignal): Promise<RevisionStatus | undefined> {
    let sha = asked;
    for await (const _wake of wakeups(this.#api, signal)) {
      const status = await this.#look(sha, signal);
      if (!status) continue;
      this.#tell(status);
      if (status.state === 'superseded' && status.supersededBy !== null) {
        sha = status.supersededBy;
        continue;
      }
      if (isSettled(status)) return status;
    }
    return undefined;
  }

  #tell(status: RevisionStatus): void {
    const lines = this.#lines.next(status);
    if (this.#loud) for (const line of lines) this.#terminal.out(line);
    const open = status.apps.filter(({ state }) => state !== 'done').map((app) => app.app);
    this.last = `${status.sha.slice(0, 12)} is ${status.state}; open: ${open.join(', ') || 'none'}`;
  }

  /** Undefined while the controller does not know the revision, or is away for a moment. */
  async #look(sha: string, signal: AbortSignal): Promise<RevisionStatus | undefined> {
    try {
      return await this.#api.get<RevisionStatus>(`/revisions/${sha as CommitSha}`);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ApiError)) await pause(500, signal);
      else if (error.problem.status !== 404 && error.problem.status < 500) throw error;
      this.last =
        error instanceof ApiError && error.problem.status === 404
          ? 'the controller has not seen it'
          : (error as Error).message;
      return undefined;
    }
  }
}

const isSettled = ({ state }: RevisionStatus): boolean =>
  state === 'applied' || state === 'failed' || state === 'rejected';
