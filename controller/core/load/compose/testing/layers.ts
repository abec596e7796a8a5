import type { FileRead } from '../files.ts';
import { Layer } from '../layer.ts';
import type { ComposeNode } from '../node.ts';
import { Reading } from '../reading.ts';

export type Files = Readonly<Record<string, string>>;

export interface Merged {
  readonly tree: unknown;
  /** `file:line:column CODE path: message`, in the order told. */
  readonly issues: readonly string[];
}

export interface MergeOptions {
  readonly use?: readonly string[];
  readonly values?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly strict?: boolean;
}

/** What the phases up to the schema make of files in memory. */
export function mergeOf(files: Files, options: MergeOptions = {}): Merged {
  const { use = ['/p/compose.yaml'], values = {}, directory = '/p', strict = false } = options;
  const reading = new Reading('');
  const read = (path: string): FileRead => {
    const text = files[path];
    return text === undefined
      ? { kind: 'missing' }
      : { kind: 'file', bytes: new TextEncoder().encode(text) };
  };
  const lookup = (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined);
  const layer = new Layer({ reading, read, told: new Set(), strict }, directory, lookup);
  const tree = layer.merge(use.flatMap((file) => layer.readDocuments(file)));
  const issues = reading.issues.map(({ file, line, column, code, path, message }) => {
    const name = file.replace(`${directory}/`, '');
    return `${name}:${line}:${column} ${code} ${path}: ${message}`;
  });
  return { tree: tree && plainOf(tree), issues };
}

/** A tree as plain data; a number that only its text holds as that text. */
export function plainOf(node: ComposeNode): unknown {
  if (node.kind === 'seq') return node.items.map(plainOf);
  if (node.kind === 'scalar') return node.value;
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plainOf(value)]));
}
