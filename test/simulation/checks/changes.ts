import type { Declared } from '../world/git.ts';
import type { Entry, Subject, Violation } from '../world/history.ts';
import { isBad, specOf } from '../world/scenery.ts';
import { Removals } from './removals.ts';

type Call = Extract<Entry, { readonly type: 'call' }>;

/** A commit that was in force, and the removals that were allowed then. */
interface InForce {
  readonly commit: Declared;
  readonly allowed: ReadonlySet<string>;
  untilMs: number;
}

/** An operation may be under way this long after what it was planned from has changed. */
const LATE_MS = 130_000;

/** I2 to I5, call by call: each change of an engine needs a reason in git or in what befell it. */
export function checkChanges(
  entries: readonly Entry[],
  commits: readonly Declared[],
): readonly Violation[] {
  const judge = new ChangeJudge(commits);
  return entries.flatMap((entry, index) => judge.take(entry, index));
}

class ChangeJudge {
  readonly #commits: readonly Declared[];
  readonly #removals: Removals;
  /** Commits that were in force of late, the present one last. */
  #recent: InForce[] = [];
  /** `host app service spec` of what died or got sick by itself or by others. */
  readonly #harmed = new Set<string>();

  constructor(commits: readonly Declared[]) {
    this.#commits = commits;
    this.#removals = new Removals(commits);
  }

  take(entry: Entry, index: number): readonly Violation[] {
    if (entry.type === 'in-force' || entry.type === 'restored') this.#removals.take(entry, index);
    if (entry.type === 'in-force') this.#inForce(entry.commit, entry.atMs);
    if (entry.type === 'harm') this.#harmed.add(placeOf(entry.host, entry.subject));
    return entry.type === 'call' ? this.#call(entry) : [];
  }

  #inForce(number: number, atMs: number): void {
    const commit = this.#commits[number];
    if (!commit) return;
    const present = this.#recent.at(-1);
    if (present) present.untilMs = atMs;
    this.#recent = this.#recent.filter(({ untilMs }) => untilMs >= atMs - LATE_MS);
    const { allowed } = this.#removals;
    this.#recent.push({ commit, allowed, untilMs: Number.POSITIVE_INFINITY });
  }

  #inForceAt(atMs: number): readonly InForce[] {
    return this.#recent.filter(({ untilMs }) => untilMs >= atMs - LATE_MS);
  }

  #call(call: Call): readonly Violation[] {
    const found: Violation[] = [];
    const say = (id: string, message: string) =>
      found.push({ id, atMs: call.atMs, message: `${call.host}: ${call.call} ${message}` });
    const [before, after] = call.foreign;
    if (!call.own) say('I2', `${call.target}, which is not ours`);
    if (before !== after) say('I2', `${call.target} changed what is not ours`);
    if (call.call === 'removeVolume' && !this.#mayRemoveVolume(call)) {
      say('I4', `${call.target} without prune.volumes`);
    }
    const { before: subject } = call;
    if (!subject?.well || !ENDS.has(call.call) || this.#isReplaced(call, subject)) return found;
    const recent = this.#inForceAt(call.atMs);
    if (recent.some((one) => this.#isReason(one, call.host, subject))) return found;
    const isGone = recent.some(({ commit }) => !commit.effective.has(subject.app));
    if (isGone) say('I5', `${subject.name}: the removal of ${subject.app} is held`);
    else say('I3', `${subject.name}, which is as asked for`);
    return found;
  }

  /** Another one is in its place, or its like has failed on this host. */
  #isReplaced({ host, rivals }: Call, subject: Subject): boolean {
    return rivals.length > 0 || this.#harmed.has(placeOf(host, subject));
  }

  /** Whether a commit that may have been in force is a reason to end this container. */
  #isReason({ commit, allowed }: InForce, host: string, subject: Subject): boolean {
    const app = commit.effective.get(subject.app);
    // What was allowed then may arrive late, when a newer commit has the app again.
    if (!app) return allowed.has(subject.app) || this.#removals.allowed.has(subject.app);
    const service = app.services[subject.service];
    if (!app.hosts.includes(host) || !service || subject.number > service.replicas) return true;
    const spec = specOf(service);
    if (!isBad(service)) return spec !== subject.spec;
    // Its successor was there, and somebody took it away while the old one was being stopped.
    return this.#harmed.has(placeOf(host, { ...subject, spec }));
  }

  #mayRemoveVolume({ atMs, target }: Call): boolean {
    return this.#inForceAt(atMs).some(({ commit }) =>
      [...commit.effective].some(
        ([app, { pruneVolumes }]) => pruneVolumes && target.startsWith(`${app}_`),
      ),
    );
  }
}

const ENDS = new Set(['stopContainer', 'removeContainer']);

const placeOf = (host: string, { app, service, spec }: Subject): string =>
  [host, app, service, spec].join(' ');
