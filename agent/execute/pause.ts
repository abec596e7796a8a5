import {
  type FSWatcher,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kit/clock.ts';
import type { PauseState } from './ports.ts';

const FILE = 'pause.json';
const WRITABLE_BY_OTHERS = 0o022;
/** The longest time a timer can be set for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The pause that is in force on this host, or undefined. A file that somebody else than root or
 * the agent's own user could have written does not count.
 */
export function readPause(dataDir: string, nowMs: number): PauseState | undefined {
  const path = join(dataDir, FILE);
  const found = statSync(path, { throwIfNoEntry: false });
  const own = process.getuid?.() ?? 0;
  if (!found || (found.uid !== 0 && found.uid !== own)) return undefined;
  if (found.mode & WRITABLE_BY_OTHERS) return undefined;
  try {
    const { reason, untilMs } = JSON.parse(readFileSync(path, 'utf8')) as Partial<PauseState>;
    if (typeof reason !== 'string' || typeof untilMs !== 'number') return undefined;
    return untilMs > nowMs ? { reason, untilMs } : undefined;
  } catch {
    return undefined;
  }
}

/** Puts a pause in force, or with undefined ends it. */
export function writePause(dataDir: string, pause: PauseState | undefined): void {
  const path = join(dataDir, FILE);
  if (!pause) {
    rmSync(path, { force: true });
    return;
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify(pause)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Knows the pause of a host, and says when it begins or ends. */
export class PauseWatch {
  readonly #dataDir: string;
  readonly #clock: Clock;
  readonly #onChange: (pause: PauseState | undefined) => void;
  #watcher: FSWatcher | undefined;
  #cancelEnd: (() => void) | undefined;
  #last: string | undefined;

  constructor(
    dataDir: string,
    clock: Clock,
    onChange: (pause: PauseState | undefined) => void = () => {},
  ) {
    this.#dataDir = dataDir;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  start(): void {
    mkdirSync(this.#dataDir, { recursive: true, mode: 0o700 });
    this.#watcher = watch(this.#dataDir, (_event, name) => {
      if (name === FILE) this.#look();
    });
    this.#look();
  }

  stop(): void {
    this.#watcher?.close();
    this.#cancelEnd?.();
  }

  /** Read afresh: a refusal must not depend on a notification that came late. */
  current(): PauseState | undefined {
    return readPause(this.#dataDir, this.#clock.now());
  }

  #look(): void {
    const pause = this.current();
    this.#cancelEnd?.();
    if (pause) {
      const ms = Math.min(LONGEST_TIMER_MS, pause.untilMs - this.#clock.now());
      this.#cancelEnd = this.#clock.setTimer(ms, () => this.#look());
    }
    const text = JSON.stringify(pause);
    if (text === this.#last) return;
    this.#last = text;
    this.#onChange(pause);
  }
}
