import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { Failure } from '../../schemas/domain/index.ts';
import { classifyGitError, isOtherObjectFormat, isShallowRefusal } from './classify-git-error.ts';
import { GitError, runGit } from './git.ts';
import { type GitEnvironment, gitEnvironment, trustingConfig } from './git-environment.ts';
import type { SourceLimits } from './limits.ts';
import { localGitDirectories } from './local-repository.ts';
import {
  exchangeMirror,
  judgeMirror,
  type ObjectFormat,
  removeLeftovers,
  tidyMirror,
  writeMarker,
} from './mirror-directory.ts';
import { type RepositoryLocation, repositoryKey } from './repository-location.ts';
import { runGitGroup } from './run-group.ts';

export interface MirrorOptions {
  readonly location: RepositoryLocation;
  readonly branch: string;
  /** All mirrors lie here, one directory a repository. */
  readonly directory: string;
  readonly limits: SourceLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

const SIZE_CHECK_MS = 500;
/** Fetches that brought something between two looks at whether the mirror wants packing. */
const FETCHES_PER_UPKEEP = 64;

/**
 * The bare mirror of one repository. It follows one branch under a reference name of its own, so
 * that nothing the other side calls its references ever becomes a path here.
 */
export class Mirror {
  /** The bare repository. */
  readonly directory: string;
  /** The followed branch, in the mirror. */
  readonly reference: string;
  readonly #options: MirrorOptions;
  readonly #key: string;
  #fetches = 0;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#key = repositoryKey(options.location);
    this.directory = join(options.directory, `${this.#key.slice(0, 32)}.git`);
    const branch = createHash('sha256').update(options.branch).digest('hex').slice(0, 32);
    this.reference = `refs/skep/${branch}`;
  }

  /**
   * Takes the mirror over from an earlier run.
   * @returns false where there is none that can be used.
   * @throws Failure MirrorForeign
   */
  open(): Promise<boolean> {
    return this.#failing(() => this.#open());
  }

  async #open(): Promise<boolean> {
    await removeLeftovers(this.directory);
    await this.#writeGlobalConfig();
    const judged = await judgeMirror(this.directory, this.#key);
    if (judged === 'absent') return false;
    if (judged === 'damaged') {
      await rm(this.directory, { recursive: true, force: true });
      return false;
    }
    await tidyMirror(this.directory, judged);
    return true;
  }

  environment(directory = this.directory): GitEnvironment {
    return gitEnvironment({
      location: this.#options.location,
      home: join(this.#options.directory, 'home'),
      globalConfig: this.#options.location.kind === 'local' ? this.#globalConfig() : '/dev/null',
      gitDir: directory,
    });
  }

  /** Brings the branch up to date. @throws Failure SourceUnreachable, BranchNotFound, … */
  fetch(signal: AbortSignal): Promise<void> {
    const { fetchTimeoutMs } = this.#options.limits;
    return this.#failing(() => this.#fetch(this.directory, fetchTimeoutMs, signal));
  }

  /** Makes the mirror anew beside the old one, which stays until the new one is complete. */
  renew(signal: AbortSignal): Promise<void> {
    return this.#failing(async () => {
      try {
        await this.#renewAs('sha1', signal);
      } catch (error) {
        if (!(error instanceof GitError) || !isOtherObjectFormat(error)) throw error;
        await this.#renewAs('sha256', signal);
      }
    });
  }

  /** Packs what many small fetches left, when git finds it worth while. */
  async upkeep(signal: AbortSignal): Promise<void> {
    this.#fetches += 1;
    if (this.#fetches % FETCHES_PER_UPKEEP !== 0) return;
    const settings = ['-c', 'gc.auto=2000', '-c', 'gc.autoDetach=false'];
    try {
      await this.#git(this.directory, [...settings, 'gc', '--auto', '--quiet'], {
        timeoutMs: this.#options.limits.cloneTimeoutMs,
        signal,
      });
    } catch (error) {
      this.#options.logger.debug({ error: String(error) }, 'the mirror was not packed');
    }
  }

  /** Whatever went wrong leaves as a Failure. */
  async #failing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (error instanceof GitError) {
        throw classifyGitError(error, this.#options.location.address);
      }
      const message = `the data directory cannot be used: ${String(error)}`;
      throw new Failure('DataDirectory', message, { cause: error });
    }
  }

  async #renewAs(format: ObjectFormat, signal: AbortSignal): Promise<void> {
    await removeLeftovers(this.directory);
    const fresh = await mkdtemp(`${this.directory}.new-`);
    try {
      const init = ['init', '--bare', '--template=', `--object-format=${format}`];
      await this.#git(fresh, init, { timeoutMs: this.#options.limits.readTimeoutMs, signal });
      await tidyMirror(fresh, format);
      await this.#fetch(fresh, this.#options.limits.cloneTimeoutMs, signal);
      await writeMarker(fresh, this.#key, format);
      await exchangeMirror(fresh, this.directory);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }

  async #fetch(directory: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { location, branch, clock } = this.#options;
    const args = [
      'fetch',
      '--no-progress',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--no-recurse-submodules',
      '--force',
      '--',
      location.address,
      `+refs/heads/${branch}:${this.reference}`,
    ];
    const tooLarge = new AbortController();
    const stopWatch = this.#watchSize(directory, tooLarge);
    try {
      const environment = this.environment(directory);
      const both = AbortSignal.any([signal, tooLarge.signal]);
      const said = await runGitGroup({ args, environment, clock, timeoutMs, signal: both });
      if (isShallowRefusal(said)) throw new GitError('exit', said);
      await this.#checkSize(directory);
    } catch (error) {
      throw tooLarge.signal.aborted ? tooLarge.signal.reason : error;
    } finally {
      stopWatch();
    }
  }

  #git(
    directory: string,
    args: readonly string[],
    bounds: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<string> {
    // simple-git waits 50 ms for a command that says nothing: none of those on the way of a push.
    const environment = this.environment(directory);
    return runGit({ args, environment, clock: this.#options.clock, ...bounds });
  }

  /** Git has no limit for what a fetch may bring, so its packs are watched as they grow. */
  #watchSize(directory: string, tooLarge: AbortController): () => void {
    const { clock } = this.#options;
    let cancel = () => {};
    let ended = false;
    const look = async () => {
      try {
        await this.#checkSize(directory);
        if (!ended) cancel = clock.setTimer(SIZE_CHECK_MS, () => void look());
      } catch (error) {
        tooLarge.abort(error);
      }
    };
    cancel = clock.setTimer(SIZE_CHECK_MS, () => void look());
    return () => {
      ended = true;
      cancel();
    };
  }

  async #checkSize(directory: string): Promise<void> {
    const { maxMirrorBytes } = this.#options.limits;
    if ((await directoryBytes(join(directory, 'objects', 'pack'))) <= maxMirrorBytes) return;
    const what = `its packs are larger than ${maxMirrorBytes} bytes`;
    throw new Failure('RepositoryLimit', `the repository is too large: ${what}`);
  }

  #globalConfig(): string {
    return `${this.directory}config`;
  }

  /**
   * The operator named a local path, so git may read it whoever owns it; reading runs nothing of
   * what stands in its configuration.
   */
  async #writeGlobalConfig(): Promise<void> {
    await mkdir(join(this.#options.directory, 'home'), { recursive: true, mode: 0o700 });
    if (this.#options.location.kind !== 'local') return;
    const directories = await localGitDirectories(this.#options.location.address);
    await writeFile(this.#globalConfig(), trustingConfig(directories));
  }
}

async function directoryBytes(directory: string): Promise<number> {
  const names = await readdir(directory).catch((): string[] => []);
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(directory, name)).catch(() => undefined))?.size),
  );
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}
