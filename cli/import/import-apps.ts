import { grantOf } from '../../controller/core/load/apps/grants.ts';
import { renderYaml } from '../../controller/core/load/yaml/render-yaml.ts';
import type { Issue } from '../../schemas/domain/index.ts';
import { type Checked, check } from './check.ts';
import { composeOf } from './compose-of.ts';
import type { Facts } from './facts.ts';
import type { Group } from './groups.ts';
import { type Before, loadWith, newErrors, type Repository, textOf } from './load.ts';
import { originalFiles } from './original.ts';
import { withoutSecrets } from './secrets.ts';
import { type AppInput, document, type Files, filesToLoad } from './written-app.ts';

export interface ImportedApp {
  readonly input: AppInput;
  readonly notes: readonly string[];
  readonly checked: Checked;
}

export interface Imported {
  readonly apps: readonly ImportedApp[];
  /** Errors that they bring only all together. */
  readonly issues: readonly Issue[];
  /** What is written beside the apps: a Host, a Project. */
  readonly others: Files;
  /** What that Project allows. */
  readonly privileges: readonly string[];
}

interface Job {
  readonly facts: Facts;
  readonly repository: Repository;
  readonly before: Before;
  readonly privileges: readonly string[];
}

export const PROJECT_FILE = 'project.yaml';

/** Where some need powers that no Project speaks of, one is written that allows just those. */
export async function importedApps(job: Job, groups: readonly Group[]): Promise<Imported> {
  const others = othersOf(job);
  const apps: ImportedApp[] = [];
  for (const group of groups) apps.push(await appOf(job, group, others));
  const privileges = morePrivileges(job, apps);
  if (privileges) return await importedApps({ ...job, privileges }, groups);
  const files = new Map([...apps.flatMap(({ input }) => [...filesToLoad(input)]), ...others]);
  const secrets = apps.flatMap(({ input }) => [...input.secrets.values()]);
  const { issues } = await loadWith(job.repository, files, secrets);
  const known = new Set(apps.flatMap(({ checked }) => checked.issues.map(textOf)));
  const together = newErrors(issues, files, job.before).filter((one) => !known.has(textOf(one)));
  return { apps, issues: together, others, privileges: job.privileges };
}

function othersOf({ repository: { host }, before, privileges }: Job): Files {
  const files = new Map<string, string>();
  if (host !== undefined && !before.hasHost) {
    files.set(`hosts/${host}.yaml`, renderYaml(document('Host', host, {})));
  }
  if (privileges.length > 0) {
    files.set(PROJECT_FILE, renderYaml(document('Project', 'default', { privileges })));
  }
  return files;
}

/** Undefined where no more would help, or somebody else has decided what is allowed. */
function morePrivileges(
  { repository: { tree }, before, privileges }: Job,
  apps: readonly ImportedApp[],
): readonly string[] | undefined {
  const isTaken = tree.entries.some(({ path }) => path === PROJECT_FILE);
  if (before.hasProject || isTaken) return undefined;
  const wanted = apps.flatMap(({ checked }) =>
    checked.issues.flatMap((issue) => grantOf(issue) ?? []),
  );
  const all = new Set([...privileges, ...wanted]);
  return all.size > privileges.length ? [...all].sort() : undefined;
}

/**
 * From the files it was started from, where they say just what runs and nothing secret; else from
 * what runs.
 */
async function appOf(job: Job, group: Group, others: Files): Promise<ImportedApp> {
  const { facts, repository, before } = job;
  const { host } = repository;
  const checkedOf = (input: AppInput) => check(input, facts, repository, before, others);
  const { compose, notes } = composeOf(group, facts);
  const { compose: written, values } = withoutSecrets(compose);
  const folder = `apps/${group.name}`;
  const original = values.size === 0 ? originalFiles(group) : undefined;
  if (original) {
    const input = { group, folder, compose: original, host, secrets: values };
    const checked = await checkedOf(input);
    if (checked.issues.length + checked.changes.length === 0) return { input, notes: [], checked };
  }
  const files = new Map([['compose.yaml', renderYaml(written)]]);
  const input = { group, folder, compose: files, host, secrets: values };
  return { input, notes, checked: await checkedOf(input) };
}
