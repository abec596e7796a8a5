import { createHash } from 'node:crypto';
import { createLoadCache, loadRevision } from '../../controller/core/load/load.ts';
import type { TreeEntryLike } from '../../controller/core/load/tree/file-table.ts';
import { digestsOf } from '../../engine/configuration/compare.ts';
import { presentConfiguration } from '../../engine/configuration/configuration.ts';
import { differencesFrom } from '../../engine/configuration/named.ts';
import { containerRequest } from '../../engine/container-body.ts';
import { containerName } from '../../engine/names.ts';
import {
  type BlobId,
  type CommitSha,
  type ComposeModel,
  type DesiredUnit,
  type HostName,
  type Issue,
  isError,
  toAppId,
  toProjectName,
} from '../../schemas/domain/index.ts';
import type { WorkingTree } from '../working-tree.ts';
import type { Facts } from './facts.ts';
import type { Group } from './groups.ts';
import type { Files } from './written-app.ts';

export interface Checked {
  /** Errors of the files that were to be written. */
  readonly issues: readonly Issue[];
  /** What would not be taken over as it is, one sentence each. */
  readonly changes: readonly string[];
  /** Whether a manifest speaks of the project. */
  readonly hasProject: boolean;
}

const NO_COMMIT = '0'.repeat(40) as CommitSha;
const SALT = 'import';

/** Loads the files as a controller would, and compares what they ask for with what runs. */
export async function check(
  group: Group,
  facts: Facts,
  files: Files,
  tree: WorkingTree,
  host: string | undefined,
  now: number,
): Promise<Checked> {
  const added = new Map([...files].map(([path, text]) => [blobOf(path), text] as const));
  const entries: TreeEntryLike[] = [...files].map(([path, text]) => {
    return { path, mode: '100644', size: Buffer.byteLength(text), blob: blobOf(path) };
  });
  const { desired, issues } = await loadRevision({
    revision: NO_COMMIT,
    entries: [...tree.entries.filter(({ path }) => !files.has(path)), ...entries],
    root: '',
    async read(ids) {
      const known = await tree.read(ids);
      const own = ids.flatMap((id) => {
        const text = added.get(id);
        return text === undefined ? [] : [[id, new TextEncoder().encode(text)] as const];
      });
      return new Map([...known, ...own]);
    },
    cache: createLoadCache(),
    implicitHosts: [(host ?? 'local') as HostName],
    now,
    pause: () => new Promise((resume) => setImmediate(resume)),
  });
  const own = issues.filter((issue) => files.has(issue.file) && isError(issue));
  const app = desired.apps.get(toAppId('default', group.name));
  const unit = [...(app?.units.values() ?? [])][0];
  const hasProject = desired.projects.get(toProjectName('default'))?.place !== undefined;
  return { issues: own, changes: unit ? changesOf(group, facts, unit) : [], hasProject };
}

const blobOf = (path: string): BlobId =>
  createHash('sha1').update(`imported ${path}`).digest('hex') as BlobId;

function changesOf(group: Group, facts: Facts, unit: DesiredUnit): readonly string[] {
  const { model, files } = unit;
  const idOf = idsOf(group, facts, model);
  return [...group.services].flatMap(([service, containers]) =>
    containers.flatMap((container, index) => {
      if (!model.services[service]) return [`${container.name}: service ${service} is not in it`];
      const number = container.compose?.number ?? index + 1;
      const { body } = containerRequest({ model, service, number, files, image: '' });
      const present = presentConfiguration(container.inspect, container.image);
      const changed = differencesFrom(body, digestsOf(present, SALT), idOf);
      return changed.length === 0
        ? []
        : [`${container.name}: will be replaced, since it differs in ${changed.join(', ')}`];
    }),
  );
}

/** By the name the model gives it, and by its own. */
function idsOf(group: Group, { containers }: Facts, model: ComposeModel): (name: string) => string {
  const ids = new Map(containers.map(({ name, id }) => [name, id] as const));
  for (const [service, [first]] of group.services) {
    if (first) ids.set(containerName(model, service, 1), first.id);
  }
  return (name) => ids.get(name) ?? name;
}
