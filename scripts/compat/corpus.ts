import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';

/** One input with what the reference programs made of it. */
export interface Recording {
  /** Of the input, below `inputs/`. */
  readonly name: string;
  /** What `docker compose config` printed; absent where it refused the file. */
  readonly model?: Json;
  readonly containerRequests?: readonly Sent[];
  /** What `docker stack deploy` sent. */
  readonly serviceRequests?: readonly Sent[];
}

export type Json = Readonly<Record<string, unknown>>;

export interface Sent {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
}

export interface Corpus {
  readonly inputs: string;
  readonly recordings: readonly Recording[];
}

const MODEL = '.compose.json';
const CONTAINERS = '.compose-api.json';
const SERVICES = '.stack-api.json';
const STACK = '.stack.yaml';
const YAML = /\.ya?ml$/;

/**
 * A folder with `inputs/` and, at the same paths, `golden/` beside it. An input that nothing was
 * recorded for is one that the reference refuses. @throws Error for a folder of another shape.
 */
export function readCorpus(folder: string): Corpus {
  const inputs = join(folder, 'inputs');
  const golden = join(folder, 'golden');
  if (!existsSync(inputs) || !existsSync(golden)) {
    throw new Error(`${folder} holds no inputs/ and golden/`);
  }
  const names = filesBelow(inputs).filter((name) => YAML.test(name));
  const recorded = (name: string) =>
    [MODEL, CONTAINERS, SERVICES, STACK].some((suffix) => existsSync(join(golden, name + suffix)));
  const used = new Set(names.filter(recorded).flatMap((name) => filesUsedBy(inputs, name)));
  const chosen = names.filter((name) => {
    return recorded(name) || (!used.has(name) && declaresServices(join(inputs, name)));
  });
  return { inputs, recordings: chosen.sort().map((name) => readRecording(golden, name)) };
}

function readRecording(golden: string, name: string): Recording {
  const read = (suffix: string): unknown => {
    const path = join(golden, name + suffix);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  };
  const model = read(MODEL) as Json | undefined;
  const containerRequests = read(CONTAINERS) as readonly Sent[] | undefined;
  const serviceRequests = read(SERVICES) as readonly Sent[] | undefined;
  return {
    name,
    ...(model && { model }),
    ...(containerRequests && { containerRequests }),
    ...(serviceRequests && { serviceRequests }),
  };
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

/** What it includes or extends is no input of its own. */
function filesUsedBy(inputs: string, name: string): readonly string[] {
  const text = readFileSync(join(inputs, name), 'utf8');
  const written = [...text.matchAll(/^\s*(?:-|file:|path:)\s*["']?([^\s"']+\.ya?ml)\b/gm)];
  return written.map(([, path = '']) => join(dirname(name), path));
}

/** Other YAML files lie beside the inputs, for their services to mount. */
function declaresServices(path: string): boolean {
  const { contents } = parseDocument(readFileSync(path, 'utf8'), { logLevel: 'silent' });
  return contents !== null && 'has' in contents && contents.has('services');
}
