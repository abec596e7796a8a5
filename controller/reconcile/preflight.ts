import type {
  DesiredState,
  Issue,
  ManifestAnswer,
  OperationError,
} from '../../schemas/domain/index.ts';
import { imageIssues } from '../core/plan/image-issues.ts';
import { lockOf, platformRefusal, resolveImages } from '../core/plan/images.ts';
import { lookUpsDue } from '../core/plan/look-ups.ts';
import { type LookedAt, lookUpInput } from './image-look-ups.ts';
import { ManifestCache } from './manifest-cache.ts';
import type { PassOptions } from './pass-options.ts';
import { loginFor } from './registry-login.ts';

interface Options extends Pick<PassOptions, 'fleet' | 'facts' | 'clock'> {
  /** The state in force. */
  readonly inForce: () => DesiredState | undefined;
}

/** Images that one look ahead asks for at once, and in all. */
const AT_ONCE = 16;
const MOST_ASKED = 500;
/** What is not told by then is not known. */
const DEADLINE_MS = 12_000;

/** What a look at the images of a unit gave. */
export interface Preflown {
  readonly issues: readonly Issue[];
  /** What tags mean that would be looked up: as a plan will find them locked. */
  readonly locks: Readonly<Record<string, string>>;
}

export interface Ahead {
  readonly look: (target: LookedAt) => Promise<Preflown>;
  /** Nothing more is asked. */
  readonly end: () => void;
}

interface Question {
  readonly reference: string;
  /** What is asked for: the reference, or its lock. */
  readonly pull: string;
  readonly platform?: string;
  readonly required: boolean;
  readonly moves: boolean;
}

const NOT_IN_FORCE: ManifestAnswer = {
  error: {
    code: 'PullFailed',
    fault: 'world',
    message: 'its Registry is new or changed, and is asked only once it is in force',
  },
};
const NOT_TOLD: ManifestAnswer = {
  error: { code: 'PullFailed', fault: 'world', message: 'the registry has not answered in time' },
};

/** Asks, through the hosts that would pull, whether the images of a plan can be had there. */
export class Preflight {
  readonly #options: Options;
  readonly #cache: ManifestCache;

  constructor(options: Options) {
    this.#options = options;
    this.#cache = new ManifestCache(options.fleet, () => options.clock.now());
  }

  /** One look ahead: its deadline and its bounds are shared by the units it is asked about. */
  begin(): Ahead {
    const { clock } = this.#options;
    const ended = new AbortController();
    const end = clock.setTimer(DEADLINE_MS, () => ended.abort());
    const late = new Promise<ManifestAnswer>((resolve) => {
      ended.signal.addEventListener('abort', () => resolve(NOT_TOLD), { once: true });
    });
    const ask = async (target: LookedAt, question: Question) =>
      ended.signal.aborted ? NOT_TOLD : await Promise.race([this.#ask(target, question), late]);
    const turns = new Places(AT_ONCE);
    let asked = 0;
    const look = async (target: LookedAt) => {
      const questions = this.#questions(target).slice(0, MOST_ASKED - asked);
      asked += questions.length;
      const answers = await Promise.all(
        questions.map((question) => turns.take(async () => await ask(target, question))),
      );
      return preflown(target, questions, answers);
    };
    return { look, end };
  }

  #questions(target: LookedAt): readonly Question[] {
    const input = lookUpInput(this.#options, target);
    const due = lookUpsDue(input).map(({ reference, required, platform, kind }) => {
      const isFirst = kind === 'first';
      const more = platform === undefined ? {} : { platform };
      return { reference, pull: reference, required, moves: isFirst, ...more };
    });
    const images = resolveImages({ ...target, locks: input.locks });
    const pulls = [...images.values()].flatMap(({ reference, pull, forbidden, platform }) => {
      if (pull === undefined || forbidden) return [];
      const more = platform === undefined ? {} : { platform };
      return [{ reference, pull, required: true, moves: false, ...more }];
    });
    return [...due, ...pulls];
  }

  /**
   * Only logins that are in force leave the controller: whoever may have a plan made of files could
   * else have a password sent to a server of their own.
   */
  async #ask({ app, observed, desired }: LookedAt, { pull }: Question): Promise<ManifestAnswer> {
    const wanted = loginFor(pull, app.project, desired.registries);
    const inForce = loginFor(pull, app.project, this.#options.inForce()?.registries ?? new Map());
    if (wanted && !(inForce && Buffer.from(wanted).equals(inForce))) return NOT_IN_FORCE;
    return await this.#cache.ask(observed.host, pull, wanted);
  }
}

function preflown(
  { app, unit, observed }: LookedAt,
  questions: readonly Question[],
  answers: readonly ManifestAnswer[],
): Preflown {
  const issues: Issue[] = [];
  const locks: Record<string, string> = {};
  for (const [index, question] of questions.entries()) {
    const answer = answers[index] ?? NOT_TOLD;
    const { reference, required, moves } = question;
    const error = platformRefusal(answer, question, observed.engine);
    if (error && (required || isFinal(error))) {
      issues.push(...imageIssues(app, unit, reference, error));
    } else if ('manifest' in answer && moves) locks[reference] = lockOf(reference, answer.manifest);
  }
  return { issues, locks };
}

/** An image that the host has serves where the registry cannot tell; one that cannot run does not. */
const isFinal = ({ code }: OperationError): boolean => code === 'PlatformMismatch';

class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
