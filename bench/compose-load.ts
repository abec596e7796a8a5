import { createLoadCache, loadRevision } from '../controller/core/load/load.ts';
import { isError } from '../schemas/domain/index.ts';
import { copyOf, corpusTemplates, ownTemplates, type Template } from './compose-templates.ts';
import type { Figure } from './harness.ts';
import { hostManifest } from './manifests.ts';
import { Tree } from './tree.ts';

export interface ComposeLoadSize {
  readonly files: number;
  readonly cold: number;
  readonly repeats: number;
  /** A folder of recordings, whose inputs are used instead of our own. */
  readonly corpus?: string;
}

/** What issue B asks for. */
export const FULL_COMPOSE_LOAD = { files: 1_000, cold: 5, repeats: 40 } as const;

const COLD_LIMIT_MS = 2_000;
const CHANGED_LIMIT_MS = 20;

/** Load of as many apps, each with a Compose file and what lies beside it in its own folder. */
export async function composeLoad(size: ComposeLoadSize): Promise<readonly Figure[]> {
  const templates = size.corpus === undefined ? ownTemplates() : corpusTemplates(size.corpus);
  const repository = new Repository(templates, size.files);
  // Of files that others wrote an app may be refused some; the work is the same.
  const strict = size.corpus === undefined;
  const cold: number[] = [];
  let cache = createLoadCache();
  for (let run = 0; run < size.cold; run += 1) {
    cache = createLoadCache();
    cold.push(await repository.load(cache, strict));
  }
  const changed: number[] = [];
  for (let round = 0; round < size.repeats; round += 1) {
    repository.change(round % size.files, round);
    changed.push(await repository.load(cache, strict));
  }
  const median = { unit: 'ms', judged: 'p50' } as const;
  return [
    {
      name: `load ${size.files} Compose files, cold`,
      samples: cold,
      ...median,
      limit: COLD_LIMIT_MS,
    },
    { name: '  after a change of one', samples: changed, ...median, limit: CHANGED_LIMIT_MS },
  ];
}

class Repository {
  readonly #tree = new Tree();
  readonly #templates: readonly Template[];
  readonly #apps: number;

  constructor(templates: readonly Template[], apps: number) {
    this.#templates = templates;
    this.#apps = apps;
    // One app of each template on a host, so that no two want the same port.
    const hosts = Math.ceil(apps / templates.length);
    for (let n = 0; n < hosts; n += 1) this.#tree.put(`hosts/host-${n}.yaml`, hostManifest(n));
    for (let n = 0; n < apps; n += 1) this.#put(n);
  }

  change(n: number, round: number): void {
    const { name, compose, files } = this.#template(n);
    const text = copyOf({ name, compose, files }, n).get(compose) ?? '';
    this.#tree.put(`apps/app-${n}/${compose}`, `${text}\n# changed ${round}\n`);
  }

  /** @returns milliseconds. @throws Error where nothing, or not all, was loaded. */
  async load(cache: ReturnType<typeof createLoadCache>, strict: boolean): Promise<number> {
    const start = performance.now();
    const { desired, issues } = await loadRevision({
      revision: this.#tree.revision,
      entries: this.#tree.entries(),
      read: (ids) => this.#tree.read(ids),
      cache,
      now: 0,
      pause: () => new Promise((resume) => setImmediate(resume)),
    });
    const ms = performance.now() - start;
    const issue = strict ? issues.find(isError) : undefined;
    if (issue) throw new Error(`${issue.file}:${issue.line}: ${issue.message}`);
    if (desired.apps.size === 0) throw new Error('no app was loaded');
    if (strict && desired.apps.size !== this.#apps) throw new Error('the load lacks apps');
    return ms;
  }

  #template(n: number): Template {
    const found = this.#templates[n % this.#templates.length];
    if (!found) throw new Error('there is no Compose file to copy');
    return found;
  }

  #put(n: number): void {
    const template = this.#template(n);
    const host = Math.floor(n / this.#templates.length);
    const folder = `apps/app-${n}`;
    this.#tree.put(
      `${folder}/app.yaml`,
      `apiVersion: skep/v1\nkind: App\nmetadata: {name: app-${n}}\n` +
        `spec: {compose: ${JSON.stringify(template.compose)}, hosts: [host-${host}]}\n`,
    );
    for (const [path, text] of copyOf(template, n)) this.#tree.put(`${folder}/${path}`, text);
  }
}
