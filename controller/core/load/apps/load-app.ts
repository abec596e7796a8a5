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
import type { ProjectDeclaration } from '../manifests/convert.ts';
import type { AppDeclaration, AppVariant } from './declaration.ts';
import { type HostUse, hostUse } from './host-use.ts';
import type { LoadedApp } from './loaded-app.ts';
import { checkPolicy } from './policy.ts';

/** The tree of a revision as one app sees it. Synchronous: what is not at hand is `later`. */
export interface AppFiles {
  read(path: string, wanted: 'bytes' | 'yaml'): FileRead;
  kindOf(path: string): PathKind;
  /** Undefined while the content is not at hand. */
  content(path: string): { readonly file: RepositoryFile; readonly bytes: Uint8Array } | undefined;
  /** Equal as long as the same stands at the path. */
  stamp(path: string): string;
}

export interface AppContext {
  readonly files: AppFiles;
  readonly project: ProjectDeclaration | undefined;
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
  /** Results of this app so far: hosts that give the same values share one. */
  readonly #models: { variant: AppVariant; result: ComposeResult }[] = [];

  constructor(declaration: AppDeclaration, context: AppContext) {
    this.#declaration = declaration;
    this.#context = context;
    this.#issues = [...declaration.issues];
  }

  addHost(variant: AppVariant, host: DesiredHost): void {
    const result = this.#compose(variant, host);
    const { model, tree } = result;
    if (!model || !tree) return;
    const shipped = this.#shippedFiles(result);
    if (!shipped) return;
    const files = new Map([...shipped, ...this.#inlineFiles(model)]);
    const { id, restart } = this.#declaration;
    const fingerprint = sha256(canonicalText({ model, files, restart: restart ?? null }));
    const key = toUnitKey(id, host.name);
    this.#units.set(host.name, { key, app: id, host: host.name, model, files, fingerprint });
    this.#uses.set(host.name, hostUse(tree, model, prefixOf(variant)));
  }

  outcome(): AppOutcome {
    if (this.#later.size > 0) return { kind: 'later', paths: this.#later };
    const declaration = this.#declaration;
    const { hosts, project } = this.#context;
    const good = !this.#issues.some(isError);
    const app: LoadedApp = {
      declaration,
      inputs: { hosts, project, paths: this.#paths },
      issues: this.#issues,
      ...(good && { units: this.#units }),
      contentHash: sha256(
        canonicalText([
          declaration.content,
          [...this.#paths].sort(([a], [b]) => compareText(a, b)),
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
      values,
      repository: {
        reach: variant.reach,
        kindOf: (path) => {
          this.#look(path);
          return files.kindOf(path);
        },
      },
    });
    this.#models.push({ variant, result });
    this.#issues.push(...result.issues);
    for (const path of result.later) this.#later.add(path);
    if (result.tree)
      this.#issues.push(...checkPolicy(result.tree, this.#context.project, prefixOf(variant)));
    return result;
  }

  #look(path: string): void {
    if (!this.#paths.has(path)) this.#paths.set(path, this.#context.files.stamp(path));
  }

  /** `.env` is read by the loader below these; the last layer wins. */
  #values(variant: AppVariant, host: DesiredHost): ReadonlyMap<string, string> {
    return new Map([
      ...variant.values,
      ...Object.entries(host.values),
      ['SKEP_HOST', host.name],
      ['SKEP_PROJECT', this.#declaration.project],
      ['SKEP_APP', this.#declaration.name],
    ]);
  }

  #inlineFiles(model: ComposeModel): ReadonlyMap<string, RepositoryFile> {
    const inline = new Map<string, RepositoryFile>();
    for (const [key, content] of inlineObjects(model)) {
      const bytes = new TextEncoder().encode(content);
      const hash = sha256(bytes);
      inline.set(key, { sha256: hash, size: bytes.length, executable: false });
      this.#contents.set(hash, bytes);
    }
    return inline;
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
