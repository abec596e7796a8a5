import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readCorpus } from '../scripts/compat/corpus.ts';

/** One Compose file with what lies beside it; every app of a benchmark is a copy of one. */
export interface Template {
  readonly name: string;
  /** The Compose file's name. */
  readonly compose: string;
  /** By the path from the Compose file's folder. */
  readonly files: ReadonlyMap<string, string>;
}

/** Stands in our templates where a copy has its number. */
const NUMBER = /0000/g;

export function copyOf(template: Template, n: number): ReadonlyMap<string, string> {
  const number = String(n);
  const copied = [...template.files].map(([path, text]) => {
    const own = text.replaceAll(NUMBER, number);
    // No two copies are equal: what one file parses to is no answer for another.
    return [path, path === template.compose ? `# ${number}\n${own}` : own] as const;
  });
  return new Map(copied);
}

/** Our own, as large and as varied as files that people have. */
export function ownTemplates(): readonly Template[] {
  const folder = join(import.meta.dirname, 'compose');
  return readdirSync(folder)
    .sort()
    .map((name) => readTemplate(name, join(folder, name), 'compose.yaml'));
}

/** Those of a folder of recordings (`make compat`) that Compose takes. */
export function corpusTemplates(folder: string): readonly Template[] {
  const { inputs, recordings } = readCorpus(folder);
  return recordings
    .filter(({ model }) => model)
    .map(({ name }) => readTemplate(name, dirname(join(inputs, name)), basename(name)));
}

function readTemplate(name: string, folder: string, compose: string): Template {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile());
  const files = paths.map(({ parentPath, name: file }) => {
    const path = join(parentPath, file);
    return [path.slice(folder.length + 1), readFileSync(path, 'utf8')] as const;
  });
  return { name, compose, files: new Map(files) };
}
