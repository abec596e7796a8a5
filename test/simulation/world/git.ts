import type { Commit, Source, TreeEntry } from '../../../controller/reconcile/ports.ts';
import {
  type BlobId,
  type CommitSha,
  Failure,
  sha256,
  toBlobId,
  toCommitSha,
} from '../../../schemas/domain/index.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';
import {
  APP_NAMES,
  type AppConfig,
  type Apps,
  appFile,
  changedService,
  commonFiles,
  HOSTS,
  mended,
  someApp,
  someService,
} from './scenery.ts';

/** One commit, and what it means. */
export interface Declared {
  readonly number: number;
  readonly commit: Commit;
  /** What the author wants, were there no issues. */
  readonly apps: Apps;
  /** What must be in force: what has issues stays at its last good form. */
  readonly effective: Apps;
  readonly entries: readonly TreeEntry[];
  /** The folder is not there: the real source refuses that before anything is read. */
  readonly noFolder: boolean;
}

interface Draft {
  readonly apps: Apps;
  readonly subject: string;
  readonly broken?: string;
  readonly empty?: 'no folder' | 'no manifest';
  readonly trailers?: readonly string[];
}

const POLL_MS = 15_000;

/** The repository and its authors. History only grows; a revert is a commit. */
export class Git {
  readonly commits: Declared[] = [];
  down = false;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #blobs = new Map<BlobId, Uint8Array>();
  readonly #texts = new Map<string, BlobId>();
  readonly #watchers = new Set<() => void>();

  constructor(random: Random, now: () => number) {
    this.#random = random;
    this.#now = now;
    const first = APP_NAMES.filter(() => random.chance(0.7));
    const apps = new Map(first.map((name) => [name as string, someApp(random)]));
    this.#add({ apps, subject: 'begin' });
  }

  get head(): Declared {
    const head = this.commits.at(-1);
    if (!head) throw new Error('no commit');
    return head;
  }

  numberOf(sha: string): number {
    return this.commits.findIndex(({ commit }) => commit.sha === sha);
  }

  /** Somebody pushes. @returns what, for the history. */
  push(): string {
    this.#add(this.#draft());
    return this.head.commit.subject;
  }

  /** The last push: nothing in it that cannot be, and consent to whatever was removed before. */
  pushFinal(keepBad: boolean): void {
    const apps = new Map(
      [...this.head.apps].map(([name, app]) => [name, keepBad ? app : mended(app)]),
    );
    if (apps.size === 0) apps.set('ant', someApp(this.#random));
    this.#add({ apps, subject: 'final', trailers: ['all'] });
  }

  #draft(): Draft {
    const { apps } = this.head;
    const random = this.#random;
    const name = random.pick([...apps.keys()]);
    const app = name === undefined ? undefined : apps.get(name);
    if (name === undefined || !app) return this.#appear(apps);
    return random.weighted<() => Draft>([
      [8, () => this.#change(apps, name, app)],
      [2, () => this.#move(apps, name, app)],
      [2, () => this.#appear(apps)],
      [2, () => ({ apps: without(apps, [name]), subject: `remove ${name}` })],
      [1, () => this.#removeMany(apps)],
      [2, () => ({ apps, broken: name, subject: `break ${name}` })],
      [1, () => ({ apps, empty: 'no manifest', subject: 'empty the tree' })],
      [1, () => ({ apps, empty: 'no folder', subject: 'remove the folder' })],
      [2, () => this.#revert()],
      [1, () => ({ apps, subject: 'touch nothing' })],
    ])();
  }

  #change(apps: Apps, name: string, app: AppConfig): Draft {
    const random = this.#random;
    const services = Object.entries(app.services);
    const [key, service] = random.pick(services) ?? ['web', someService(random)];
    const changed = { ...app.services, [key]: changedService(service, random) };
    const prune = random.chance(0.1) ? !app.pruneVolumes : app.pruneVolumes;
    const next = { ...app, pruneVolumes: prune, services: changed };
    return { apps: new Map([...apps, [name, next]]), subject: `change ${name} ${key}` };
  }

  #move(apps: Apps, name: string, app: AppConfig): Draft {
    const moved = HOSTS.filter((host) => app.hosts.includes(host) !== this.#random.chance(0.3));
    const hosts = moved.length > 0 ? moved : HOSTS.slice(0, 1);
    return { apps: new Map([...apps, [name, { ...app, hosts }]]), subject: `move ${name}` };
  }

  #appear(apps: Apps): Draft {
    const name = this.#random.pick(APP_NAMES.filter((other) => !apps.has(other))) ?? 'ant';
    const app = apps.get(name) ?? someApp(this.#random);
    return { apps: new Map([...apps, [name, app]]), subject: `add ${name}` };
  }

  #removeMany(apps: Apps): Draft {
    const all = this.#random.chance(0.5);
    const gone = [...apps.keys()].filter(() => all || this.#random.chance(0.7));
    const consent = this.#random.chance(0.3);
    const subject = `remove ${gone.join(' ')}${consent ? ' with consent' : ''}`;
    return { apps: without(apps, gone), subject, ...(consent && { trailers: ['all'] }) };
  }

  #revert(): Draft {
    const to = this.#random.between(Math.max(0, this.commits.length - 4), this.commits.length - 1);
    return { apps: this.commits[to]?.apps ?? new Map(), subject: `revert to ${to}` };
  }

  #add(draft: Draft): void {
    const number = this.commits.length;
    const before = this.commits.at(-1)?.effective ?? new Map();
    const effective = draft.empty ? before : effectiveOf(draft, before);
    this.commits.push({
      number,
      apps: draft.apps,
      effective,
      entries: this.#entries(draft),
      noFolder: draft.empty === 'no folder',
      commit: {
        sha: toCommitSha(sha256(`commit ${number}`).slice(0, 40)),
        subject: draft.subject,
        author: 'somebody',
        committedAt: new Date(this.#now()).toISOString(),
        allowDestroy: draft.trailers ?? [],
      },
    });
    for (const moved of this.#watchers) moved();
  }

  #entries({ apps, broken, empty }: Draft): readonly TreeEntry[] {
    if (empty) return [this.#entry('README.md', 'nothing here')];
    const files = [...commonFiles(), ['README.md', `${this.commits.length}`] as const];
    const manifests = [...apps].map(([name, app]) => {
      const text = appFile(name, app);
      return [`apps/${name}.yaml`, name === broken ? this.#break(text) : text] as const;
    });
    return [...files, ...manifests].map(([path, text]) => this.#entry(path, text));
  }

  #break(text: string): string {
    return this.#random.chance(0.5) ? text.slice(0, -3) : text.replace('"image"', '"imag"');
  }

  #entry(path: string, text: string): TreeEntry {
    const bytes = new TextEncoder().encode(text);
    const blob = this.#texts.get(text) ?? toBlobId(sha256(bytes).slice(0, 40));
    this.#texts.set(text, blob);
    this.#blobs.set(blob, bytes);
    return { path, mode: '100644', size: bytes.length, blob };
  }

  /** The port of one controller: a watch that may miss a push, and a poll. */
  source(life: Life): Source {
    const read = (sha: CommitSha): Declared => {
      const found = this.commits[this.numberOf(sha)];
      if (!found) throw new Failure('SourceUnreachable', 'no such commit');
      return found;
    };
    return {
      fetch: () =>
        life.ask(() => {
          if (this.down) throw new Failure('SourceUnreachable', 'nobody answers');
          return this.head.commit;
        }, 40),
      tree: (sha) =>
        life.ask(() => {
          const { noFolder, entries } = read(sha);
          if (noFolder) throw new Failure('EmptyTree', 'the folder holds no files');
          return entries;
        }),
      blobs: (ids) => life.ask(() => new Map(ids.map((id) => [id, this.#blob(id)]))),
      log: (from, until, limit) => life.ask(() => this.#log(from, until, limit)),
      onTrigger: (listener) => this.#watch(life, listener),
    };
  }

  #blob(id: BlobId): Uint8Array {
    return this.#blobs.get(id) ?? new Uint8Array();
  }

  #log(from: CommitSha, until: CommitSha | null, limit: number): Commit[] {
    const after = until === null ? 0 : this.numberOf(until) + 1;
    const commits = this.commits.slice(after, this.numberOf(from) + 1).map(({ commit }) => commit);
    return commits.reverse().slice(0, limit);
  }

  #watch(life: Life, listener: () => void): void {
    const moved = () => {
      if (this.#random.chance(0.7)) life.clock.setTimer(this.#random.between(1, 200), listener);
    };
    this.#watchers.add(moved);
    life.onEnd(() => this.#watchers.delete(moved));
    const poll = () => {
      listener();
      life.clock.setTimer(POLL_MS, poll);
    };
    life.clock.setTimer(POLL_MS, poll);
  }
}

const without = (apps: Apps, names: readonly string[]): Apps =>
  new Map([...apps].filter(([name]) => !names.includes(name)));

function effectiveOf({ apps, broken }: Draft, before: Apps): Apps {
  if (broken === undefined) return apps;
  const kept = before.get(broken);
  const rest = [...apps].filter(([name]) => name !== broken);
  return new Map(kept ? [...rest, [broken, kept]] : rest);
}
