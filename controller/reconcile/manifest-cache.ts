import { type HostName, type ManifestAnswer, sha256 } from '../../schemas/domain/index.ts';
import type { Fleet } from './ports.ts';

const KEPT_MS = 60_000;
/** Somebody is about to mend what failed. */
const FAILURE_KEPT_MS = 5_000;
const MOST_KEPT = 2_000;

interface Kept {
  readonly answer: Promise<ManifestAnswer>;
  untilMs: number;
}

/** Answers of registries that are good enough for a look ahead: a minute old at most. */
export class ManifestCache {
  readonly #fleet: Fleet;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  constructor(fleet: Fleet, now: () => number) {
    this.#fleet = fleet;
    this.#now = now;
  }

  /** Equal questions at once are asked once. */
  ask(host: HostName, reference: string, login: Uint8Array | undefined): Promise<ManifestAnswer> {
    const key = [host, reference, login ? sha256(login) : ''].join('\n');
    const known = this.#kept.get(key);
    if (known && known.untilMs > this.#now()) return known.answer;
    const answer = this.#fleet.inspectManifest(host, reference, login);
    const kept: Kept = { answer, untilMs: this.#now() + KEPT_MS };
    void answer.then((told) => {
      if ('error' in told) kept.untilMs = this.#now() + FAILURE_KEPT_MS;
    });
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return answer;
  }
}
