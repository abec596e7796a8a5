import {
  type ComposeModel,
  canonicalText,
  compareText,
  type DesiredHost,
  type DesiredUnit,
  type HostName,
  type Issue,
  isError,
  type RepositoryFile,
  type Sha256,
  sha256,
  toUnitKey,
} from '../../../../schemas/domain/index.ts';
import type { FileRead, PathKind } from '../compose/files.ts';
import { type ComposeResult, loadCompose } from '../compose/load-compose.ts';
import { REPOSITORY_PREFIX } from '../compose/paths.ts';
import { printable } from '../issues.ts';
import type { ProjectDeclaration } from '../manifests/convert.ts';
import { maskIssue } from '../sealed/mask.ts';
import { checkNames } from '../sealed/named-secrets.ts';
import {
  checkFilled,
  fillSecrets,
  type UsedSecrets,
  unusedValues,
  valuesOf,
} from '../sealed/use-secrets.ts';
import type { AppDeclaration, AppVariant } from './declaration.ts';
import { checkHooks, hooksOf } from './hooks.ts';
import { type HostUse, hostUse } from './host-use.ts';
import { imagePlaces } from './image-places.ts';
import type { LoadedApp } from './loaded-app.ts';
import { checkPolicy } from './policy.ts';
import { stackIssues } from './stack-issues.ts';

/** The tree of a revision as one app sees it. Synchronous: what is not at hand is `later`. */
export interface AppFiles {
  read(path: string, wanted: 'bytes' | 'yaml'): FileRead;
  kindOf(path: string): PathKind;
  /** Every path below a folder. */
  below(path: string): readonly string[];
  /** Undefined while the content is not at hand. */
  content(path: string): { readonly file: RepositoryFile; readonly bytes: Uint8Array } | undefined;
  /** Equal as long as the same stands at the path; with a `/` behind it, everywhere below it. */
  stamp(path: string): string;
}

export interface AppContext {
  readonly files: AppFiles;
  readonly project: ProjectDeclaration | undefined;
  readonly secrets: UsedSecrets;
  /** Per variant, in order. */
  readonly hosts: readonly (readonly DesiredHost[])[];
}

export type AppOutcome =
  | { readonly kind: 'loaded'; readonly app: LoadedApp }
  | { readonly kind: 'later'; readonly paths: ReadonlySet<string> };

/** Loads one app for all its hosts. */
export function loadApp(declaration: AppDeclaration, context: AppContext): AppOutcome {
  const load = new AppLoad(declaration, context);
  for (const [index, variant] of declaration.variants.entries()) {
    for (const host of context.hosts[index] ?? []) load.addHost(variant, host);
  }
  return load.outcome();
}

class AppLoad {
  readonly #declaration: AppDeclaration;
  readonly #context: AppContext;
  readonly #issues: Issue[];
  readonly #paths = new Map<string, string>();
  readonly #later = new Set<string>();
  readonly #units = new Map<HostName, DesiredUnit>();
  readonly #uses = new Map<HostName, HostUse>();
  readonly #contents = new Map<Sha256, Uint8Array>();
  /** `env NAME`, `value NAME`: what the Compose files ask for. */
  readonly #asked = new Set<string>();
  /** Results of this app so far: hosts that give the same values share one. */
  readonly #models: { variant: AppVariant; result: ComposeResult }[] = [];

  constructor(declaration: AppDeclaration, context: AppContext) {
    this.#declaration = declaration;
    this.#context = context;
    this.#issues = [...declaration.issues, ...context.secrets.issues];
  }

  addHost(variant: AppVariant, host: DesiredHost): void {
    const result = this.#compose(variant, host);
    const { tree } = result;
    if (!result.model || !tree) return;
    const shipped = this.#shippedFiles(result);
    if (!shipped) return;
    const { secrets } = this.#context;
    const model = fillSecrets(result.model, secrets);
    const files = new Map([...shipped, ...this.#inlineFiles(model), ...this.#secretFiles(model)]);
    const { id, restart } = this.#declaration;
    const hooks = hooksOf(this.#declaration.hooks);
    const content = { model, files, restart: restart ?? null, ...(hooks && { hooks }) };
    const fingerprint = sha256(canonicalText(content));
    const key = toUnitKey(id, host.name);
    const prefix = prefixOf(variant);
    const places = imagePlaces(tree, prefix);
    const unit = { key, app: id, host: host.name, model, files, fingerprint };
    this.#units.set(host.name, { ...unit, imagePlaces: places, ...(hooks && { hooks }) });
    this.#uses.set(host.name, hostUse(tree, model, prefix));
  }

  outcome(): AppOutcome {
    if (this.#later.size > 0) return { kind: 'later', paths: this.#later };
    const declaration = this.#declaration;
    const { hosts, project, secrets } = this.#context;
    const good = !this.#issues.some(isError);
    const secretValues = valuesOf(secrets);
    if (good) this.#issues.push(...unusedValues(secrets, this.#asked));
    const app: LoadedApp = {
      declaration,
      inputs: { hosts, project, secrets: secrets.stamp, paths: this.#paths },
      issues: this.#issues.map((issue) => maskIssue(issue, secretValues)),
      secretValues,
      ...(good && { units: this.#units }),
      contentHash: sha256(
        canonicalText([
          declaration.content,
          [...this.#paths].sort(([a], [b]) => compareText(a, b)),
          ...(secrets.stamp === '' ? [] : [secrets.stamp]),
        ]),
      ),
      contents: this.#contents,
      uses: this.#uses,
    };
    return { kind: 'loaded', app };
  }

  #compose(variant: AppVariant, host: DesiredHost): ComposeResult {
    const values = this.#values(variant, host);
    const known = this.#models.find((one) => {
      return one.variant === variant && sameValues(one.result.variables, values);
    });
    if (known) return known.result;
    const { files } = this.#context;
    const result = loadCompose({
      files: variant.compose,
      readFile: (path, wanted) => {
        this.#look(path);
        return files.read(path, wanted);
      },
      projectDirectory: variant.directory,
      projectName: this.#declaration.projectName,
      target: this.#target(),
      values,
      ...(this.#declaration.strict && { strict: true }),
      enabled: this.#declaration.hooks.map(({ service }) => service),
      environment: (name) => this.#environment(name),
      repository: {
        reach: variant.reach,
        kindOf: (path) => {
          this.#look(path);
          return files.kindOf(path);
        },
        below: (path) => {
          this.#look(`${path}/`);
          return files.below(path);
        },
      },
    });
    this.#models.push({ variant, result });
    this.#issues.push(...result.issues.map((issue) => atReference(issue, variant)));
    for (const path of result.later) this.#later.add(path);
    for (const name of result.variables.keys()) this.#asked.add(`value ${name}`);
    if (result.tree) {
      const { project, secrets } = this.#context;
      const target = this.#target();
      this.#issues.push(...checkPolicy(result.tree, project, prefixOf(variant), target));
      this.#issues.push(...checkNames(result.tree, valuesOf(secrets), prefixOf(variant)));
      if (target === 'swarm') this.#issues.push(...stackIssues(result, prefixOf(variant)));
      if (result.model) this.#issues.push(...checkFilled(result.tree, result.model, secrets));
      this.#issues.push(...checkHooks(this.#declaration.hooks, result));
    }
    return result;
  }

  #target(): 'container' | 'swarm' {
    return this.#declaration.kind === 'Stack' ? 'swarm' : 'container';
  }

  #look(path: string): void {
    if (!this.#paths.has(path)) this.#paths.set(path, this.#context.files.stamp(path));
  }

  /** `.env` is read by the loader below these; the last layer wins. */
  #values(variant: AppVariant, host: DesiredHost): ReadonlyMap<string, string> {
    return new Map([
      ...variant.values,
      ...Object.entries(host.values),
      ...this.#context.secrets.value,
      ['SKEP_HOST', host.name],
      ['SKEP_PROJECT', this.#declaration.project],
      ['SKEP_APP', this.#declaration.name],
    ]);
  }

  #environment(name: string): string | undefined {
    this.#asked.add(`env ${name}`);
    return this.#context.secrets.env.get(name);
  }

  #secretFiles(model: ComposeModel): ReadonlyMap<string, RepositoryFile> {
    const { file } = this.#context.secrets;
    const used = [...file].filter(([name]) => model.secrets[name] !== undefined);
    return this.#texts(used.map(([name, value]) => [`secret:${name}`, value]));
  }

  #inlineFiles(model: ComposeModel): ReadonlyMap<string, RepositoryFile> {
    return this.#texts(inlineObjects(model));
  }

  #texts(texts: readonly (readonly [key: string, text: string])[]) {
    const files = new Map<string, RepositoryFile>();
    for (const [key, text] of texts) {
      const bytes = new TextEncoder().encode(text);
      const hash = sha256(bytes);
      files.set(key, { sha256: hash, size: bytes.length, executable: false });
      this.#contents.set(hash, bytes);
    }
    return files;
  }

  #shippedFiles(result: ComposeResult): ReadonlyMap<string, RepositoryFile> | undefined {
    const shipped = new Map<string, RepositoryFile>();
    for (const path of [...result.shipped].sort()) {
      const found = this.#context.files.content(path);
      if (!found) {
        this.#later.add(path);
        continue;
      }
      shipped.set(REPOSITORY_PREFIX + path, found.file);
      this.#contents.set(found.file.sha256, found.bytes);
    }
    return shipped.size === result.shipped.size ? shipped : undefined;
  }
}

/** What is wrong with a whole Compose file is said where the manifest names it. */
function atReference(issue: Issue, { references }: AppVariant): Issue {
  if (issue.line > 0 || !references) return issue;
  const { file, message } = issue;
  const [, named] = [...references].find(([path]) => printable(path) === file) ?? [];
  if (!named) return issue;
  const missing = 'paths begin at the folder of the file they are written in';
  const hint = issue.hint ?? (issue.code === 'E_FILE_MISSING' ? missing : undefined);
  return {
    ...issue,
    ...named.place,
    path: named.path,
    message: message.includes(file) ? message : `${file}: ${message}`,
    ...(hint !== undefined && { hint }),
  };
}

/** Dotted path that the Compose text begins at, in the file it is written in. */
function prefixOf(variant: AppVariant): string {
  const [first] = variant.compose;
  return typeof first === 'object' ? first.path : '';
}

/** What engine/mounted-files.ts calls a config or secret whose text is in the model. */
function inlineObjects(model: ComposeModel): readonly (readonly [key: string, content: string])[] {
  const found: (readonly [string, string])[] = [];
  for (const [kind, objects] of [
    ['config', model.configs],
    ['secret', model.secrets],
  ] as const) {
    for (const [key, { content }] of Object.entries(objects)) {
      if (content !== undefined) found.push([`${kind}:${key}`, content]);
    }
  }
  return found;
}

/** Whether a load with these values would have read the same. */
function sameValues(
  seen: ReadonlyMap<string, string | undefined>,
  values: ReadonlyMap<string, string>,
): boolean {
  for (const [name, value] of seen) if (values.get(name) !== value) return false;
  return true;
}
