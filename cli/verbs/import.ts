import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { renderYaml } from '../../controller/core/load/yaml/render-yaml.ts';
import { readIdentities, recipientOf } from '../../controller/secrets/age.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { type Checked, check } from '../import/check.ts';
import { composeOf } from '../import/compose-of.ts';
import { engineReader } from '../import/engine-reader.ts';
import { type Facts, readFacts } from '../import/facts.ts';
import { type Group, groupsOf } from '../import/groups.ts';
import { originalFiles } from '../import/original.ts';
import { withoutSecrets } from '../import/secrets.ts';
import { type AppInput, document, openFiles, sealedFiles } from '../import/written-app.ts';
import { paintWith } from '../render/colour.ts';
import { issueLines } from '../render/issues.ts';
import type { Terminal } from '../terminal.ts';
import { readWorkingTree, type WorkingTree } from '../working-tree.ts';

export interface ImportOptions {
  readonly project?: readonly string[];
  readonly all?: boolean;
  readonly dir: string;
  readonly host?: string;
  readonly recipient?: readonly string[];
}

interface Written {
  readonly input: AppInput;
  readonly notes: readonly string[];
  readonly checked: Checked;
}

interface Job {
  readonly facts: Facts;
  readonly tree: WorkingTree;
  readonly host: string | undefined;
  readonly now: number;
  /** A Project that lets apps have what these containers have; undefined: not needed, or there. */
  readonly project: string | undefined;
}

/** Writes manifests for what runs on the local engine; nothing on it is touched. */
export async function importRunning(
  terminal: Terminal,
  names: readonly string[],
  options: ImportOptions,
): Promise<ExitCode> {
  const { all = false, project = [], host } = options;
  if (!all && project.length === 0 && names.length === 0) {
    throw new CliError(
      'nothing is named',
      'name containers, --project NAME for a Compose project, or --all',
    );
  }
  const root = resolve(terminal.cwd, options.dir);
  mkdirSync(root, { recursive: true });
  const facts = await readFacts(engineReader(terminal.env['DOCKER_HOST']));
  const groups = groupsOf(facts.containers, { all, project, names });
  if (groups.length === 0) throw new CliError('nothing runs here that could be imported');
  const tree = await readWorkingTree(root, '.');
  const { apps, job } = await appsOf(
    { facts, tree, host, now: terminal.now(), project: undefined },
    groups,
  );
  const files = await allFiles(terminal, apps, options, job);
  write(terminal, root, files);
  if (job.project !== undefined) {
    terminal.err(
      `note: ${PROJECT_FILE} allows what some of these containers have: power over the host`,
    );
  }
  report(terminal, apps);
  return EXIT.ok;
}

/** Where some need powers that no Project speaks of, one is written that allows them. */
async function appsOf(
  job: Job,
  groups: readonly Group[],
): Promise<{ apps: readonly Written[]; job: Job }> {
  const apps: Written[] = [];
  for (const group of groups) apps.push(await appOf(job, group));
  const isRefused = apps.some(({ checked }) =>
    checked.issues.some(({ code }) => code.startsWith('P_')),
  );
  const isFree = !job.tree.entries.some(({ path }) => path === PROJECT_FILE);
  const isSpoken = apps.some(({ checked }) => checked.hasProject);
  if (job.project !== undefined || !isRefused || !isFree || isSpoken) return { apps, job };
  return await appsOf(
    { ...job, project: renderYaml(document('Project', 'default', POWERS)) },
    groups,
  );
}

const PROJECT_FILE = 'project.yaml';
const POWERS = { privileges: ['privileged'] };

/**
 * From the files it was started from, where they say just what runs and nothing secret; else from
 * what runs.
 */
async function appOf(job: Job, group: Group): Promise<Written> {
  const { compose, notes } = composeOf(group, job.facts);
  const { compose: written, values } = withoutSecrets(compose);
  const original = values.size === 0 ? originalFiles(group) : undefined;
  if (original) {
    const input = inputOf(job, group, original, values);
    const checked = await checkedOf(job, input);
    if (checked.issues.length + checked.changes.length === 0) return { input, notes: [], checked };
  }
  const files = new Map([['compose.yaml', renderYaml(written)]]);
  const input = inputOf(job, group, files, values);
  return { input, notes, checked: await checkedOf(job, input) };
}

const inputOf = (
  { host }: Job,
  group: Group,
  compose: ReadonlyMap<string, string>,
  secrets: ReadonlyMap<string, string>,
): AppInput => ({ group, folder: `apps/${group.name}`, compose, host, secrets });

function checkedOf({ facts, tree, host, now, project }: Job, input: AppInput): Promise<Checked> {
  const own = project === undefined ? [] : [[PROJECT_FILE, project] as const];
  return check(input.group, facts, new Map([...openFiles(input), ...own]), tree, host, now);
}

async function allFiles(
  { env, cwd }: Terminal,
  apps: readonly Written[],
  { recipient = [], host }: ImportOptions,
  { tree, project }: Job,
): Promise<ReadonlyMap<string, string>> {
  const secrets = apps.flatMap(({ input }) => [...input.secrets.keys()]);
  const recipients = recipient.length > 0 ? recipient : await ownRecipients(env, cwd);
  if (secrets.length > 0 && recipients.length === 0) {
    throw new CliError(
      `values that look secret are not written in plain: ${secrets.join(', ')}`,
      'name who may open them, --recipient age1… (skep secret keygen makes a key), or set SKEP_AGE_KEY_FILE',
    );
  }
  const files = new Map<string, string>();
  for (const { input } of apps) {
    for (const [path, text] of await sealedFiles(input, recipients)) files.set(path, text);
  }
  if (project !== undefined) files.set(PROJECT_FILE, project);
  const path = `hosts/${host}.yaml`;
  if (host !== undefined && !tree.entries.some((entry) => entry.path === path)) {
    files.set(path, renderYaml(document('Host', host, {})));
  }
  return files;
}

/** Of the key file this machine opens Secrets with. */
async function ownRecipients(env: Terminal['env'], cwd: string): Promise<readonly string[]> {
  const path = env['SKEP_AGE_KEY_FILE'];
  if (!path) return [];
  try {
    const identities = readIdentities(readFileSync(resolve(cwd, path), 'utf8'));
    return await Promise.all(identities.map(recipientOf));
  } catch {
    throw new CliError(`SKEP_AGE_KEY_FILE cannot be read: ${path}`);
  }
}

/** All of them or, where one is there already, none. */
function write(terminal: Terminal, root: string, files: ReadonlyMap<string, string>): void {
  const present = [...files.keys()].filter((path) => existsSync(join(root, path)));
  if (present.length > 0) {
    throw new CliError(
      `${present.join(', ')}: there already, and never overwritten`,
      'name another folder with --dir, or remove them',
    );
  }
  for (const [path, text] of files) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
    terminal.out(`wrote ${relative(terminal.cwd, file)}`);
  }
}

function report(terminal: Terminal, apps: readonly Written[]): void {
  const paint = paintWith(terminal.colour);
  for (const { notes, checked } of apps) {
    for (const note of [...notes, ...checked.changes]) terminal.err(`note: ${note}`);
    for (const issue of checked.issues) terminal.err(issueLines(issue, paint));
  }
  const changed = apps.filter(
    ({ checked: { changes, issues } }) => changes.length + issues.length > 0,
  ).length;
  const taken = apps.length - changed;
  terminal.out(`${taken} of ${apps.length} apps will be taken over as they run`);
  terminal.out('next: skep validate; commit and push; skep plan shows what is taken over');
}
