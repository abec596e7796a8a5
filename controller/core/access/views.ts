import type {
  AppId,
  DesiredState,
  HostName,
  Issue,
  RevisionState,
  RevisionStatus,
  SkepEvent,
  Subject,
  Verb,
} from '../../../schemas/domain/index.ts';
import { can } from './can.ts';

export function mayUseApp(subject: Subject, verb: Verb, id: AppId): boolean {
  const slash = id.indexOf('/');
  return can(subject, verb, {
    kind: 'apps',
    project: id.slice(0, slash),
    name: id.slice(slash + 1),
  });
}

/** An event belongs to its app, else to its host, else to the installation. */
export function mayReadEvent(
  subject: Subject,
  event: {
    readonly type: SkepEvent['type'];
    readonly app?: AppId | null;
    readonly host?: HostName | null;
  },
): boolean {
  if (event.type === 'audit') return can(subject, 'audit', { kind: 'audit' });
  if (event.app) return mayUseApp(subject, 'read', event.app);
  if (event.host) return can(subject, 'read', { kind: 'hosts', name: event.host });
  return can(subject, 'read', { kind: 'revisions' });
}

/**
 * A revision as this subject may see it. Whoever reads all revisions gets it whole; others get
 * its id and times, their own apps, a state made of those alone, and issues of their own folders.
 */
export function revisionFor(
  subject: Subject,
  desired: DesiredState | undefined,
  revision: RevisionStatus,
): RevisionStatus {
  if (can(subject, 'read', { kind: 'revisions' })) return revision;
  const apps = revision.apps.filter((entry) => mayUseApp(subject, 'read', entry.app));
  const own = apps.length > 0;
  return {
    ...revision,
    apps,
    state: stateOf(revision.state, apps),
    subject: own ? revision.subject : '',
    author: own ? revision.author : '',
    issues: issuesFor(subject, desired, revision.issues),
  };
}

function stateOf(whole: RevisionState, apps: RevisionStatus['apps']): RevisionState {
  if (whole !== 'progressing' && whole !== 'applied' && whole !== 'failed') return whole;
  if (apps.some((entry) => entry.state === 'failed' || entry.state === 'held')) return 'failed';
  const open = apps.some((entry) => entry.state === 'pending' || entry.state === 'progressing');
  return open ? 'progressing' : 'applied';
}

/** Issues in folders whose apps the subject may all read; those of nobody's folder stay hidden. */
export function issuesFor(
  subject: Subject,
  desired: DesiredState | undefined,
  issues: readonly Issue[],
): readonly Issue[] {
  if (can(subject, 'read', { kind: 'revisions' })) return issues;
  const readable = new Map<string, boolean>();
  for (const app of desired?.apps.values() ?? []) {
    const folder = folderOf(app.place.file);
    const before = readable.get(folder) ?? true;
    readable.set(folder, before && mayUseApp(subject, 'read', app.id));
  }
  return issues.filter((issue) => nearest(readable, folderOf(issue.file)));
}

function nearest(readable: ReadonlyMap<string, boolean>, start: string): boolean {
  for (let folder = start; folder !== ''; folder = folderOf(folder)) {
    const found = readable.get(folder);
    if (found !== undefined) return found;
  }
  return false;
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
