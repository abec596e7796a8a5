import type {
  AppId,
  AppliedSpecs,
  AppStatus,
  CommitSha,
  HostName,
  HostStatus,
  RevisionStatus,
  SourceStatus,
  UnitKey,
  UnitStatus,
} from '../../schemas/domain/index.ts';
import type { AppRow, PageQuery, StatusReader, StorePage } from '../api/ports.ts';
import type { Store } from '../reconcile/ports.ts';
import { parseBody, type StoreContext } from './context.ts';
import { scanPage } from './scan.ts';

interface Body {
  readonly body: string;
}
type BodyRow<T> = T & Body;

type StatusWrites = Pick<
  Store,
  | 'putRevision'
  | 'putUnit'
  | 'removeUnit'
  | 'putSpecs'
  | 'removeSpecs'
  | 'putApp'
  | 'removeApp'
  | 'putHost'
  | 'removeHost'
  | 'putSource'
>;
type StatusReads = Pick<
  StatusReader,
  'revision' | 'revisions' | 'app' | 'apps' | 'appRows' | 'units'
> & {
  hosts(): Promise<readonly HostStatus[]>;
  source(): Promise<SourceStatus | undefined>;
  specs(): Promise<readonly AppliedSpecs[]>;
};

/** Upserts of what is: the newest value wins, older ones that wait are never written. */
export function statusWrites(context: StoreContext): StatusWrites {
  const { status: db, statusWriter: writer, limits } = context;
  const revision = db.prepare(
    `INSERT INTO revisions (sha, body) VALUES (?, ?)
     ON CONFLICT (sha) DO UPDATE SET body = excluded.body`,
  );
  const forgetRevisions = db.prepare(
    'DELETE FROM revisions WHERE seq <= (SELECT max(seq) FROM revisions) - ?',
  );
  const unit = db.prepare('INSERT OR REPLACE INTO units (key, body) VALUES (?, ?)');
  const noUnit = db.prepare('DELETE FROM units WHERE key = ?');
  const specs = db.prepare('INSERT OR REPLACE INTO specs (key, body) VALUES (?, ?)');
  const noSpecs = db.prepare('DELETE FROM specs WHERE key = ?');
  const app = db.prepare(
    'INSERT OR REPLACE INTO apps (id, project, name, health, sync, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const noApp = db.prepare('DELETE FROM apps WHERE id = ?');
  const host = db.prepare('INSERT OR REPLACE INTO hosts (name, body) VALUES (?, ?)');
  const noHost = db.prepare('DELETE FROM hosts WHERE name = ?');
  const source = db.prepare('INSERT OR REPLACE INTO source (id, body) VALUES (1, ?)');
  return {
    putRevision: (value: RevisionStatus) =>
      writer.put(`revision ${value.sha}`, () => {
        revision.run(value.sha, JSON.stringify(value));
        forgetRevisions.run(limits.revisions);
      }),
    putUnit: (value: UnitStatus) =>
      writer.put(`unit ${value.key}`, () => unit.run(value.key, JSON.stringify(value))),
    removeUnit: (key: UnitKey) => writer.put(`unit ${key}`, () => noUnit.run(key)),
    putSpecs: (value: AppliedSpecs) =>
      writer.put(`specs ${value.key}`, () => specs.run(value.key, JSON.stringify(value))),
    removeSpecs: (key: UnitKey) => writer.put(`specs ${key}`, () => noSpecs.run(key)),
    putApp: (value: AppStatus) =>
      writer.put(`app ${value.id}`, () => {
        const { id, project, name, health, sync } = value;
        app.run(id, project, name, health, sync, JSON.stringify(value));
      }),
    removeApp: (id: AppId) => writer.put(`app ${id}`, () => noApp.run(id)),
    putHost: (value: HostStatus) =>
      writer.put(`host ${value.name}`, () => host.run(value.name, JSON.stringify(value))),
    removeHost: (name: HostName) => writer.put(`host ${name}`, () => noHost.run(name)),
    putSource: (value: SourceStatus) =>
      writer.put('source', () => source.run(JSON.stringify(value))),
  };
}

export function statusReads({ reader: db }: StoreContext): StatusReads {
  const revision = db.prepare<[string], Body>('SELECT body FROM revisions WHERE sha = ?');
  const revisions = db.prepare<[number, number], BodyRow<{ seq: number }>>(
    'SELECT seq, body FROM revisions WHERE seq < ? ORDER BY seq DESC LIMIT ?',
  );
  const app = db.prepare<[string], Body>('SELECT body FROM apps WHERE id = ?');
  const appColumns = 'id, project, name, health, sync';
  const apps = db.prepare<[string, number], BodyRow<AppRow>>(
    `SELECT ${appColumns}, body FROM apps WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const appRows = db.prepare<[], AppRow>(`SELECT ${appColumns} FROM apps ORDER BY id`);
  const units = db.prepare<[], Body>('SELECT body FROM units ORDER BY key');
  const specs = db.prepare<[], Body>('SELECT body FROM specs ORDER BY key');
  const hosts = db.prepare<[], Body>('SELECT body FROM hosts ORDER BY name');
  const source = db.prepare<[], Body>('SELECT body FROM source');
  return {
    async revision(sha: CommitSha): Promise<RevisionStatus | undefined> {
      return parseOptional(revision.get(sha));
    },
    async revisions(query: PageQuery<unknown, number>): Promise<StorePage<RevisionStatus, number>> {
      const page = await scanPage({
        ...query,
        read: (after, count) => revisions.all(after ?? Number.MAX_SAFE_INTEGER, count),
        position: (row) => row.seq,
      });
      return { items: page.rows.map((row) => parseBody<RevisionStatus>(row)), next: page.next };
    },
    async app(id: AppId): Promise<AppStatus | undefined> {
      return parseOptional(app.get(id));
    },
    async apps(query: PageQuery<AppRow, string>): Promise<StorePage<AppStatus, string>> {
      const page = await scanPage<BodyRow<AppRow>, string>({
        ...query,
        read: (after, count) => apps.all(after ?? '', count),
        position: (row) => row.id,
      });
      return { items: page.rows.map((row) => parseBody<AppStatus>(row)), next: page.next };
    },
    appRows: async () => appRows.all(),
    units: async () => units.all().map((row) => parseBody<UnitStatus>(row)),
    specs: async () => specs.all().map((row) => parseBody<AppliedSpecs>(row)),
    hosts: async () => hosts.all().map((row) => parseBody<HostStatus>(row)),
    source: async () => parseOptional<SourceStatus>(source.get()),
  };
}

const parseOptional = <T>(row: Body | undefined): T | undefined => row && parseBody<T>(row);
