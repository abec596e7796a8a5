/** Docker hosts of their own, joined in one swarm: no engine that is anybody else's. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = resolve(import.meta.dirname, '../../scripts/swarm-lab');
const exec = promisify(execFile);

export type HostAct = 'cut' | 'heal' | 'kill' | 'start';

/** Sockets lie in it, whose paths are short. */
export const labFolder = (): Promise<string> => mkdtemp('/tmp/skl-');

const folderIn = (root: string): string => join(root, 'lab');

/** Where `make test` finds what a killed run has left. */
function recordOf(root: string): string | undefined {
  const labs = process.env['SKEP_TEST_LABS'];
  return labs && join(labs, basename(root));
}

/** @returns the address of each host's engine. */
export async function hostsUp(root: string, count: number): Promise<readonly string[]> {
  const record = recordOf(root);
  if (record) {
    await mkdir(dirname(record), { recursive: true });
    await writeFile(record, `${root}\n`);
  }
  const { stdout } = await exec(SCRIPT, ['up', folderIn(root), String(count)]);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => line.split(' ')[1] ?? '');
}

export async function hostsAct(root: string, act: HostAct, number: number): Promise<void> {
  await exec(SCRIPT, [act, folderIn(root), String(number)]);
}

/** With the folder. */
export async function hostsDown(root: string): Promise<void> {
  await exec(SCRIPT, ['down', folderIn(root)]);
  await rm(root, { recursive: true, force: true });
  const record = recordOf(root);
  if (record) await rm(record, { force: true });
}
