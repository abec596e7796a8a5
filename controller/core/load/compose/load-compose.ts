import { posix } from 'node:path';
import { type ComposeModel, type Issue, isError } from '../../../../schemas/domain/index.ts';
import type { YamlNode } from '../yaml/node.ts';
import { canonicalFile } from './canonical/file.ts';
import { checkConsistency } from './consistency.ts';
import { checkEngineValues } from './engine-rules.ts';
import { readEnvironment } from './environment.ts';
import { type FileRead, type ReadFile, type Repository, repositoryPath } from './files.ts';
import { interpolate } from './interpolate.ts';
import { Layer, type LayerWorld } from './layer.ts';
import { type ComposeMap, childOf, entriesOf, isNull, type Origin } from './node.ts';
import { normalise } from './normalise.ts';
import { resolvePaths } from './paths.ts';
import { profilesOf, withProfiles } from './profiles.ts';
import { joinPath, Reading } from './reading.ts';
import { checkReferences, type Disabled } from './references.ts';
import { substituteStack } from './stack-template.ts';
import { checkSupport, type Target } from './support.ts';
import type { Lookup } from './template.ts';
import { extensionsOf, hasServices, type Plain, toModel } from './to-model.ts';
import { uniqueLists } from './unicity.ts';

/** A Compose file written inside a manifest. */
export interface InlineCompose extends Origin {
  readonly root: YamlNode;
  /** Dotted path of `root` in the manifest, for messages. */
  readonly path: string;
}

export interface ComposeInput {
  /** In order of merging: paths as `readFile` takes them, or parsed documents. */
  readonly files: readonly (string | InlineCompose)[];
  readonly readFile: ReadFile;
  /**
   * Where relative paths start, and where `.env` is looked for. An absolute path of the machine;
   * for apps a folder of the repository (`''` = its root).
   */
  readonly projectDirectory: string;
  /** Wins over the top-level `name` and over the directory's name. */
  readonly projectName?: string;
  /** Instead of `.env`; later files win. They must exist. */
  readonly envFiles?: readonly string[];
  /** Come on top of the `.env`. */
  readonly values?: ReadonlyMap<string, string>;
  /** Wins over every other value, for variables that a service names without one. */
  readonly environment?: Lookup;
  /** What is else a warning (unset variables, text that is dropped) is an error. */
  readonly strict?: boolean;
  /** Services of these profiles run too; `*` = all. Default: what COMPOSE_PROFILES says. */
  readonly profiles?: readonly string[];
  /** Services that are there whatever their profiles say, as those of `docker compose run` are. */
  readonly enabled?: readonly string[];
  /** What `~` in a path stands for; a controller has none. */
  readonly home?: string;
  /** Set for apps: relative files are shipped, nothing outside the repository is read. */
  readonly repository?: Repository;
  /** Whose judgement holds: an app's (the default with a repository), or Compose's own. */
  readonly rules?: 'app' | 'compose';
  /**
   * What it is to run on. Default: containers. For a swarm it is read as `docker stack` reads it:
   * variables, and env files, which have no quotes. The `.env`, of which `docker stack` knows
   * nothing, is what `export $(xargs < .env)` makes of it: no quotes, nothing filled in.
   */
  readonly target?: Target;
}

export interface ComposeResult {
  /** Absent when there are errors, or when something is still to be read. */
  readonly model?: ComposeModel;
  readonly issues: readonly Issue[];
  /** The top-level `x-…`, of which Compose makes nothing but prints it. */
  readonly extensions?: Readonly<Record<string, Plain>>;
  /** The canonical tree behind the model, with places; for policies and checks across apps. */
  readonly tree?: ComposeMap;
  /** Repository files that services mount: they stand in the model as `repo:/<path>`. */
  readonly shipped: ReadonlySet<string>;
  /** Services that are declared, but belong to no profile that is asked for. */
  readonly disabled: readonly string[];
  /** Every path that was looked at, whether there or not. */
  readonly looked: ReadonlySet<string>;
  /** Paths that `readFile` answered with `later`. */
  readonly later: ReadonlySet<string>;
  /** What of `values` was asked for: an input with the same of these gives the same result. */
  readonly variables: ReadonlyMap<string, string | undefined>;
}

/** Loads Compose files into the normalised model. Pure but for `readFile`, offline always. */
export function loadCompose(input: ComposeInput): ComposeResult {
  return new ComposeLoad(input).run();
}

/** One load: the phases in order, and what they find on the way. */
class ComposeLoad {
  readonly #input: ComposeInput;
  readonly #reading: Reading;
  readonly #looked = new Set<string>();
  readonly #later = new Set<string>();
  readonly #variables = new Map<string, string | undefined>();
  #shipped: ReadonlySet<string> = new Set();
  #disabled: Disabled = new Map();

  constructor(input: ComposeInput) {
    this.#input = input;
    const [first] = input.files;
    this.#reading = new Reading(typeof first === 'object' ? first.path : '', input.strict);
  }

  run(): ComposeResult {
    const { projectDirectory, repository, strict = false, target } = this.#input;
    const dotenv = this.#readDotenv();
    const declared: Lookup = (variable) => this.#given(variable) ?? dotenv.get(variable);
    const named: { name?: string } = {};
    const lookup: Lookup = (variable) =>
      variable === 'COMPOSE_PROJECT_NAME' ? named.name : declared(variable);
    const world: LayerWorld = {
      reading: this.#reading,
      read: (path, wanted) => this.#read(path, wanted),
      told: new Set(),
      strict,
      ...(target === 'swarm' && { grammar: substituteStack }),
      ...(repository && { repository }),
    };
    const layer = new Layer(world, projectDirectory, lookup);
    const documents = this.#input.files.flatMap((file) =>
      typeof file === 'string' ? layer.readDocuments(file) : layer.adoptRoot(file.root, file),
    );
    const name = this.#projectName(
      documents.map(({ root }) => root),
      declared,
    );
    named.name = name;
    const merged = layer.merge(documents);
    const canonical = merged && canonicalFile(this.#reading, merged, '');
    const unique = canonical?.kind === 'map' ? uniqueLists(canonical) : undefined;
    return this.#result(unique && this.#finish(unique, name, lookup), name);
  }

  #finish(merged: ComposeMap, name: string, lookup: Lookup) {
    const reading = this.#reading;
    const { environment, profiles = profilesOf(lookup('COMPOSE_PROFILES')) } = this.#input;
    const { target = 'container', enabled = [] } = this.#input;
    const { root, disabled } = withProfiles(merged, profiles, enabled);
    this.#disabled = disabled;
    const normal = normalise(root, {
      reading,
      projectName: name,
      lookup: (variable) => environment?.(variable) ?? lookup(variable),
      readEnvFile: (written) => this.#readEnvFile(written),
      target,
    });
    const { repository, projectDirectory, home } = this.#input;
    const resolved = resolvePaths(normal, {
      reading,
      directory: projectDirectory,
      target,
      ...(repository && { repository }),
      ...(home !== undefined && { home }),
    });
    this.#shipped = resolved.shipped;
    checkConsistency(reading, resolved.root, target);
    checkReferences(reading, resolved.root, disabled, target);
    this.#checkForApps(resolved.root);
    return resolved.root;
  }

  /** What an app is refused, Compose may well take. */
  #checkForApps(root: ComposeMap): void {
    const { target = 'container', rules = this.#input.repository ? 'app' : 'compose' } =
      this.#input;
    const own = new Reading(this.#reading.prefix);
    if (!hasServices(root) && !this.#reading.issues.some(isError)) {
      own.at('E_APP_EMPTY', root, 'services', 'no service is declared');
    }
    for (const [name, entry] of entriesOf(root, 'services')) {
      const path = joinPath('services', name);
      // What was told already would be told again in other words.
      if (this.#reading.hasErrorBelow(path)) continue;
      checkSupport(own, entry, path, target);
      checkEngineValues(own, entry.value, path);
    }
    this.#reading.adopt(own, rules === 'app' ? 'errors' : 'warnings');
  }

  #result(tree: ComposeMap | undefined, name: string): ComposeResult {
    const { issues } = this.#reading;
    const { target = 'container' } = this.#input;
    const good = tree && this.#later.size === 0 && !issues.some(isError);
    return {
      issues,
      ...(tree && { tree }),
      ...(good && { model: toModel(tree, name, target), extensions: extensionsOf(tree) }),
      shipped: this.#shipped,
      disabled: [...this.#disabled.keys()],
      looked: this.#looked,
      later: this.#later,
      variables: this.#variables,
    };
  }

  #projectName(files: readonly ComposeMap[], lookup: Lookup): string {
    const { projectName, projectDirectory } = this.#input;
    if (projectName !== undefined) return projectName;
    const given = lookup('COMPOSE_PROJECT_NAME');
    if (given) return this.#givenName(given);
    const file = files.findLast((one) => childOf(one, 'name'));
    const node = childOf(file, 'name');
    if (!node) return plainProjectName(posix.basename(projectDirectory));
    const filled = interpolate(new Reading(''), node, { lookup });
    const written = filled.kind === 'scalar' && !isNull(filled) ? String(filled.value) : '';
    if (written === '') return plainProjectName(posix.basename(projectDirectory));
    const name = normalName(written);
    if (name !== '') return name;
    const message = `${JSON.stringify(written)} holds nothing that a project name may be made of`;
    const hint = 'lower-case letters, digits, dashes and underscores, a letter or digit first';
    this.#reading.at('E_COMPOSE_VALUE', node, 'name', message, hint);
    return 'default';
  }

  /** By a variable, which wins over the file, and is not mended. */
  #givenName(name: string): string {
    if (normalName(name) === name) return name;
    const message = `COMPOSE_PROJECT_NAME: ${JSON.stringify(name)} is not a project name`;
    const hint = 'lower-case letters, digits, dashes and underscores, a letter or digit first';
    const place = { file: this.#dotenvFile(), line: 0, column: 0 };
    this.#reading.elsewhere('E_DOTENV', place, message, hint);
    return 'default';
  }

  #dotenvFile(): string {
    const { envFiles, projectDirectory } = this.#input;
    return envFiles?.at(-1) ?? posix.join(projectDirectory, '.env');
  }

  #readDotenv(): ReadonlyMap<string, string> {
    const { envFiles, projectDirectory } = this.#input;
    const found = new Map<string, string>();
    const own = posix.join(projectDirectory, '.env');
    for (const path of envFiles ?? [own]) {
      const read = this.#read(path, 'bytes');
      if (read.kind === 'refused') {
        this.#reading.elsewhere(
          read.code,
          { file: path, line: 0, column: 0 },
          read.message,
          read.hint,
        );
      } else if (read.kind === 'missing' && envFiles) {
        const place = { file: path, line: 0, column: 0 };
        this.#reading.elsewhere('E_FILE_MISSING', place, 'the env file is not there');
      } else if (read.kind === 'file') {
        const given = (name: string) => this.#given(name);
        const values = readEnvironment(this.#reading, path, read.bytes, given, {
          earlier: found,
          ...(this.#input.target === 'swarm' && { fill: (text: string) => text }),
        });
        for (const [key, value] of values) found.set(key, value);
      }
    }
    return found;
  }

  #readEnvFile(written: string): { path: string; read: FileRead } {
    const { projectDirectory, repository } = this.#input;
    if (!repository) {
      const path = posix.resolve(projectDirectory, written);
      return { path, read: this.#read(path, 'bytes') };
    }
    const resolved = repositoryPath(written, projectDirectory, repository.reach);
    if (!('path' in resolved)) return { path: written, read: { kind: 'refused', ...resolved } };
    return { path: resolved.path, read: this.#read(resolved.path, 'bytes') };
  }

  #given(name: string): string | undefined {
    const value = this.#input.values?.get(name);
    this.#variables.set(name, value);
    return value;
  }

  #read(path: string, wanted: 'bytes' | 'yaml'): FileRead {
    this.#looked.add(path);
    const read = this.#input.readFile(path, wanted);
    if (read.kind === 'later') this.#later.add(path);
    return read;
  }
}

/** A directory's name as Compose makes a project name of it. */
export const plainProjectName = (directory: string): string => normalName(directory) || 'default';

const normalName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
