import type { AppId, CommitSha, Issue } from '../../../schemas/domain/index.ts';
import { crossCheck } from './apps/cross-check.ts';
import { loadApps } from './apps/load-apps.ts';
import { assemble } from './assemble.ts';
import { findHeld } from './hold.ts';
import { fileIssue, limitIssues, printable } from './issues.ts';
import { checkDeclared } from './manifests/check-declared.ts';
import { type Declared, declare } from './manifests/declare.ts';
import { discoverApps } from './manifests/discover.ts';
import { knownHosts } from './manifests/known.ts';
import { readTree, type TreeRead, unusedFiles } from './read-tree.ts';
import type { LoadInput, LoadResult } from './result.ts';
import { openSecrets } from './sealed/open-secrets.ts';
import { withCredentials } from './sealed/registries.ts';

export { createLoadCache, type LoadCache } from './cache.ts';
export { carryOver, heldFileTest } from './carry-over.ts';
export type { LoadInput, LoadResult } from './result.ts';

/** Entries of one revision. */
const MAX_ENTRIES = 100_000;

/**
 * Loads a revision: every fault of the user is an issue in the result, all of them at once.
 * @throws only what `read` throws.
 */
export async function loadRevision(input: LoadInput): Promise<LoadResult> {
  if (input.entries.length > MAX_ENTRIES) return tooManyEntries(input);
  const { cache } = input;
  const tree = await readTree(input);
  const declared = declare(tree.files, cache.converted);
  discoverApps(declared, tree, input.root ?? '');
  const known = knownHosts(declared, tree, input.implicitHosts ?? [], cache.implicitHosts);
  const secrets = await openSecrets(declared, tree, input.secrets);
  const credentials = withCredentials(declared, secrets);
  const { apps, projects } = declared;
  const loaded = await loadApps(apps.values(), tree, known, projects, secrets, cache);
  const mayBeDeclared = (id: AppId) => {
    const [, name = ''] = id.split('/');
    return declared.bad.has(`App/${id}`) || tree.mayHold(name);
  };
  const checks = crossCheck(loaded.apps, mayBeDeclared, cache.checks);
  checkDeclared(declared, known, tree);
  const held = findHeld(declared, loaded, checks.faulty);
  const desired = assemble(input, declared, credentials, known.declared, loaded.apps, held);
  const empty = isEmpty(declared, tree);
  const looked = new Set([...loaded.looked, ...secrets.looked]);
  const issues = [
    ...unlooked(tree.issues, looked),
    ...declared.issues,
    ...loaded.issues,
    ...loaded.apps.flatMap((app) => app.issues),
    ...checks.issues,
    ...unusedFiles(tree, new Set([...looked, ...declared.composeFiles])),
    ...(empty ? [emptyIssue()] : []),
  ];
  return {
    desired,
    issues: limitIssues(issues),
    heldApps: [...held.apps].sort(),
    heldAppFiles: held.appFiles,
    heldFiles: empty ? ['.'] : tree.heldFiles,
    heldFolders: tree.heldFolders,
    heldProjects: [...held.projects].sort(),
    heldNames: held.names,
  };
}

/** What an app looks at, it speaks of itself. */
function unlooked(issues: readonly Issue[], looked: ReadonlySet<string>): readonly Issue[] {
  if (issues.length === 0) return issues;
  const files = new Set([...looked].map(printable));
  return issues.filter((issue) => !files.has(issue.file));
}

/** Absence is not an order to delete (decision 10). */
function isEmpty(declared: Declared, tree: TreeRead): boolean {
  const { apps, hosts, projects, users, roles, secrets, registries, bad } = declared;
  const kinds = [apps, hosts, projects, users, roles, secrets, registries, bad];
  return tree.heldFiles.length === 0 && kinds.every((kind) => kind.size === 0);
}

function emptyIssue(): Issue {
  const message = 'no manifest is declared; what was in force stays';
  return fileIssue('E_REPO_EMPTY', '', message, 'skep init writes a first one');
}

function tooManyEntries(input: LoadInput): LoadResult {
  const message = `${input.entries.length} entries; ${MAX_ENTRIES} are allowed`;
  return nothing(input.revision, [fileIssue('E_REPO_TOO_MANY_FILES', '', message)]);
}

function nothing(revision: CommitSha, issues: readonly Issue[]): LoadResult {
  return {
    desired: {
      revision,
      projects: new Map(),
      hosts: new Map(),
      apps: new Map(),
      users: new Map(),
      roles: new Map(),
      registries: new Map(),
      contents: new Map(),
    },
    issues,
    heldApps: [],
    heldAppFiles: [],
    heldFiles: ['.'],
    heldFolders: [],
    heldProjects: [],
    heldNames: [],
  };
}
