import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readIdentities, recipientOf } from '../../controller/secrets/age.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { engineReader } from '../import/engine-reader.ts';
import { readFacts } from '../import/facts.ts';
import { groupsOf } from '../import/groups.ts';
import { type Imported, importedApps, PROJECT_FILE } from '../import/import-apps.ts';
import { loadBefore } from '../import/load.ts';
import { writeFiles } from '../import/write-files.ts';
import { type Files, sealedFiles } from '../import/written-app.ts';
import { paintWith } from '../render/colour.ts';
import { issueLines } from '../render/issues.ts';
import type { Terminal } from '../terminal.ts';
import { readWorkingTree, type WorkingTree } from '../working-tree.ts';
import { checkName } from './host.ts';

export interface ImportOptions {
  readonly project?: readonly string[];
  readonly all?: boolean;
  readonly dir: string;
  readonly host?: string;
  readonly recipient?: readonly string[];
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
  if (host !== undefined) checkName(host);
  const root = resolve(terminal.cwd, options.dir);
  const facts = await readFacts(engineReader(terminal.env['DOCKER_HOST']));
  const groups = groupsOf(facts.containers, { all, project, names });
  if (groups.length === 0) throw new CliError('nothing runs here that could be imported');
  const tree = existsSync(root) ? await readWorkingTree(root, '.') : NOTHING;
  const repository = { tree, host, now: terminal.now() };
  const before = await loadBefore(repository);
  const imported = await importedApps({ facts, repository, before, privileges: [] }, groups);
  const errors = reportNotes(terminal, imported);
  if (errors > 0) {
    terminal.err('nothing is written: mend that, or name only what has no error');
    return EXIT.error;
  }
  const files = await filesOf(terminal, imported, options);
  for (const path of writeFiles(root, files)) {
    terminal.out(`wrote ${relative(terminal.cwd, join(root, path))}`);
  }
  report(terminal, imported);
  return EXIT.ok;
}

const NOTHING: WorkingTree = { entries: [], read: async () => new Map() };

async function filesOf(
  { env, cwd }: Terminal,
  { apps, others }: Imported,
  { recipient = [] }: ImportOptions,
): Promise<Files> {
  const secrets = apps.flatMap(({ input }) => [...input.secrets.keys()]);
  const recipients = recipient.length > 0 ? recipient : await ownRecipients(env, cwd);
  if (secrets.length > 0 && recipients.length === 0) {
    throw new CliError(
      `values that look secret are not written in plain: ${secrets.join(', ')}`,
      'name who may open them, --recipient age1… (skep secret keygen makes a key), or set SKEP_AGE_KEY_FILE',
    );
  }
  const files = new Map(others);
  for (const { input } of apps) {
    for (const [path, text] of await sealedFiles(input, recipients)) files.set(path, text);
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

/** @returns how many errors there are. */
function reportNotes(terminal: Terminal, { apps, issues }: Imported): number {
  const paint = paintWith(terminal.colour);
  for (const { notes, checked } of apps) {
    for (const note of [...notes, ...checked.changes]) terminal.err(`note: ${note}`);
  }
  const all = [...apps.flatMap(({ checked }) => checked.issues), ...issues];
  const texts = new Set(all.map((issue) => issueLines(issue, paint)));
  for (const text of texts) terminal.err(text);
  return texts.size;
}

function report(terminal: Terminal, { apps, privileges }: Imported): void {
  if (privileges.length > 0) {
    terminal.err(
      `note: ${PROJECT_FILE} allows what some of these containers have: ${privileges.join(', ')}`,
    );
  }
  const taken = apps.filter(({ checked }) => checked.changes.length === 0).length;
  terminal.out(`${taken} of ${apps.length} apps will be taken over as they run`);
  terminal.out('next: skep validate; commit and push; skep plan shows what is taken over');
}
