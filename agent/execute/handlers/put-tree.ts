import { readFile } from 'node:fs/promises';
import { parseTreeSource } from '../../../engine/files.ts';
import { sha256, type TreeEntry } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';

const EMPTY = sha256('');

export const putTree: Handler<'put-tree'> = async (operation, context) => {
  const { source, folder, entries } = operation;
  const isWhole = folder || (entries.length === 1 && entries[0]?.path === '');
  if (!parseTreeSource(source) || !isWhole || !entries.every((one) => isPlain(one, folder))) {
    throw new OperationFailure('InvalidSpec', 'host', 'the tree names paths outside of itself');
  }
  await context.admit((await sizeOfEntries(entries, context)) - (await context.trees.size(source)));
  return await context.trees.put({ source, folder, entries }, (entry) => contentOf(entry, context));
};

/** The host's last word on paths, whatever the controller says. */
function isPlain({ path }: TreeEntry, folder: boolean): boolean {
  if (!folder) return path === '';
  const parts = path.split('/');
  return (
    !path.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

async function sizeOfEntries(entries: readonly TreeEntry[], context: Context): Promise<number> {
  let sum = 0;
  for (const entry of entries) sum += (await contentOf(entry, context)).length;
  return sum;
}

async function contentOf(entry: TreeEntry, context: Context): Promise<Uint8Array> {
  if (entry.sha256 === undefined || entry.sha256 === EMPTY) return new Uint8Array();
  const path = await context.files.path({ ...entry, sha256: entry.sha256 });
  if (path !== undefined) return await readFile(path);
  const message = `the file ${entry.path || 'that is mounted'} has not been put on this host`;
  throw new OperationFailure('MountFailed', 'world', message);
}
