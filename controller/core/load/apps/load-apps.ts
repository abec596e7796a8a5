import type { AppId, DesiredHost, Issue } from '../../../../schemas/domain/index.ts';
import type { LoadCache } from '../cache.ts';
import type { ProjectDeclaration } from '../manifests/convert.ts';
import type { TreeRead } from '../read-tree.ts';
import type { OpenSecrets } from '../sealed/open-secrets.ts';
import { type UsedSecrets, useSecrets } from '../sealed/use-secrets.ts';
import type { AppDeclaration } from './declaration.ts';
import { loadApp } from './load-app.ts';
import type { LoadedApp } from './loaded-app.ts';
import { checkOrder, type KnownHosts, selectHosts } from './select-hosts.ts';

/** Rounds of reading before giving up: one for each file that is only found in another. */
const MAX_ROUNDS = 20;
const US_PER_APP = 400;
const US_PER_KNOWN_APP = 10;

export interface LoadedApps {
  readonly apps: readonly LoadedApp[];
  readonly issues: readonly Issue[];
  /** Apps that cannot be judged now: where they run depends on something unreadable. */
  readonly uncertain: ReadonlySet<AppId>;
  /** Every path that some app looked at. */
  readonly looked: ReadonlySet<string>;
}

interface Waiting {
  readonly declaration: AppDeclaration;
  readonly hosts: readonly (readonly DesiredHost[])[];
  readonly project: ProjectDeclaration | undefined;
  readonly secrets: UsedSecrets;
}

/** Phase 6: every app for its hosts. What did not change since the last load is taken over. */
export async function loadApps(
  declarations: Iterable<AppDeclaration>,
  tree: TreeRead,
  known: KnownHosts,
  projects: ReadonlyMap<string, ProjectDeclaration>,
  secrets: OpenSecrets,
  cache: LoadCache,
): Promise<LoadedApps> {
  const apps: LoadedApp[] = [];
  const issues: Issue[] = [];
  const uncertain = new Set<AppId>();
  let waiting: Waiting[] = [];
  for (const declaration of declarations) {
    await tree.pacer.spent(US_PER_KNOWN_APP);
    const project = projects.get(declaration.project);
    const selected = declaration.variants.map((variant) => {
      return selectHosts(variant, known, project);
    });
    const chosen = selected.flatMap((one) => one.hosts);
    const settled = !selected.some((one) => one.uncertain || one.issues.length > 0);
    const misordered = settled ? checkOrder(declaration.strategy, chosen) : [];
    issues.push(...selected.flatMap((one) => one.issues), ...misordered);
    const unsure = !project && tree.mayHold('Project') && tree.mayHold(declaration.project);
    const used = useSecrets(declaration.secrets, secrets);
    if (unsure || used.uncertain || misordered.length > 0 || !settled) {
      uncertain.add(declaration.id);
    }
    const hosts = selected.map((one) => one.hosts);
    const kept = cache.apps.get(declaration.id);
    if (kept && holds(kept, { declaration, hosts, project, secrets: used }, tree)) apps.push(kept);
    else waiting.push({ declaration, hosts, project, secrets: used });
  }
  await prefetch(waiting, tree);
  for (let round = 0; waiting.length > 0; round++) {
    if (round > MAX_ROUNDS) throw new Error('a load asks for more and more files');
    waiting = await loadRound(waiting, tree, apps);
  }
  const looked = new Set(apps.flatMap((app) => [...app.inputs.paths.keys()]));
  apps.sort((a, b) => (a.declaration.id < b.declaration.id ? -1 : 1));
  cache.apps = new Map(apps.map((app) => [app.declaration.id, app]));
  return { apps, issues, uncertain, looked };
}

async function loadRound(
  waiting: readonly Waiting[],
  tree: TreeRead,
  apps: LoadedApp[],
): Promise<Waiting[]> {
  const again: Waiting[] = [];
  const wanted = new Set<string>();
  for (const one of waiting) {
    const { declaration, hosts, project, secrets } = one;
    const outcome = loadApp(declaration, { files: tree.reader, project, secrets, hosts });
    await tree.pacer.spent(US_PER_APP);
    if (outcome.kind === 'loaded') {
      apps.push(outcome.app);
      continue;
    }
    again.push(one);
    for (const path of outcome.paths) wanted.add(path);
  }
  await tree.reader.bring(wanted);
  return again;
}

/** Brings what every app will ask for first: its Compose files and their `.env`. */
async function prefetch(waiting: readonly Waiting[], tree: TreeRead): Promise<void> {
  const files = new Set<string>();
  const environments = new Set<string>();
  for (const { declaration } of waiting) {
    for (const { compose, directory } of declaration.variants) {
      environments.add(directory === '' ? '.env' : `${directory}/.env`);
      for (const file of compose) if (typeof file === 'string') files.add(file);
    }
  }
  await tree.reader.fetch([...files, ...environments]);
  await tree.reader.parse(files);
}

/** Whether a kept result was made from the same inputs. */
function holds(
  kept: LoadedApp,
  { declaration, hosts, project, secrets }: Waiting,
  tree: TreeRead,
): boolean {
  const { inputs } = kept;
  const before = kept.declaration;
  const same = before.signature !== undefined && before.signature === declaration.signature;
  if ((before !== declaration && !same) || inputs.project !== project) return false;
  if (inputs.secrets !== secrets.stamp) return false;
  if (!hosts.every((some, index) => sameItems(some, inputs.hosts[index] ?? []))) return false;
  for (const [path, stamp] of inputs.paths) if (tree.reader.stamp(path) !== stamp) return false;
  return true;
}

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);
