import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Group } from './groups.ts';

const CONFIG_FILES = 'com.docker.compose.project.config_files';
const WORKING_DIR = 'com.docker.compose.project.working_dir';
const MOST_BYTES = 256 * 1024;

/**
 * The Compose files the project was started from, where all can still be read: file name -> text,
 * in the order they are merged.
 */
export function originalFiles(group: Group): ReadonlyMap<string, string> | undefined {
  const [first] = [...group.services.values()].flat();
  const labels = first?.inspect.Config?.Labels ?? {};
  const paths = (labels[CONFIG_FILES] ?? '').split(',').filter((path) => path !== '');
  if (!group.isProject || paths.length === 0) return undefined;
  const texts = new Map<string, string>();
  for (const path of paths) {
    const text = read(resolve(labels[WORKING_DIR] ?? '/', path));
    const name = basename(path);
    if (text === undefined || texts.has(name) || !/\.ya?ml$/.test(name)) return undefined;
    texts.set(name, text);
  }
  return texts;
}

function read(path: string): string | undefined {
  try {
    const { size } = statSync(path);
    return size > MOST_BYTES
      ? undefined
      : new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch {
    return undefined;
  }
}
