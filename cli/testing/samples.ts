import type {
  AppId,
  AppStatus,
  CommitSha,
  HostName,
  ProjectName,
  RevisionStatus,
  SourceStatus,
  StatusSummary,
  UnitKey,
  UnitStatus,
} from '../../schemas/domain/index.ts';

export const SHA = 'a'.repeat(40) as CommitSha;
export const NEXT_SHA = 'b'.repeat(40) as CommitSha;
const AT = '2029-12-31T23:59:00.000Z';

export function aUnit(change: Partial<UnitStatus> = {}): UnitStatus {
  return {
    key: 'default/web@local' as UnitKey,
    app: 'default/web' as AppId,
    host: 'local' as HostName,
    health: 'Healthy',
    sync: 'Synced',
    revision: SHA,
    appliedRevision: SHA,
    appliedFingerprint: null,
    conditions: [{ type: 'Ready', status: 'True', reason: 'AllHealthy', message: '', since: AT }],
    services: [],
    pending: [],
    logs: [],
    updatedAt: AT,
    ...change,
  };
}

export function anAppStatus(change: Partial<AppStatus> = {}): AppStatus {
  return {
    id: 'default/web' as AppId,
    project: 'default' as ProjectName,
    name: 'web',
    health: 'Healthy',
    sync: 'Synced',
    revision: SHA,
    conditions: [],
    units: [aUnit()],
    updatedAt: AT,
    ...change,
  };
}

type Entry = RevisionStatus['apps'][number];

export function anEntry(change: Partial<Entry> = {}): Entry {
  return {
    app: 'default/web' as AppId,
    host: 'local' as HostName,
    state: 'done',
    reason: null,
    message: '',
    ...change,
  };
}

export function aRevision(change: Partial<RevisionStatus> = {}): RevisionStatus {
  return {
    sha: SHA,
    state: 'applied',
    subject: 'Change the greeting',
    author: 'Ada',
    committedAt: AT,
    issues: [],
    apps: [anEntry()],
    supersededBy: null,
    phases: {
      seenAt: AT,
      loadedAt: AT,
      firstOperationAt: null,
      appliedAt: '2029-12-31T23:59:02.500Z',
    },
    ...change,
  };
}

export function aSource(change: Partial<SourceStatus> = {}): SourceStatus {
  return {
    repository: 'https://git.example.com/deploy.git',
    branch: 'main',
    head: SHA,
    revision: SHA,
    fetchedAt: AT,
    error: null,
    ...change,
  };
}

export const aSummary = (source: SourceStatus | null = aSource()): StatusSummary => ({
  source,
  apps: {
    total: 1,
    health: { Healthy: 1, Progressing: 0, Degraded: 0, Suspended: 0, Missing: 0, Unknown: 0 },
    sync: { Synced: 1, OutOfSync: 0, Unknown: 0 },
  },
  hosts: { total: 1, online: 1, offline: 0, neverSeen: 0, paused: 0 },
  converged: true,
});
