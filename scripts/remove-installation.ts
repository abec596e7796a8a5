/**
 * usage: remove-installation.ts INSTALLATION.json — removes from the engine (DOCKER_HOST) every
 * container, network and volume that carries this installation's label.
 */
import { readFileSync } from 'node:fs';
import { LABEL } from '../schemas/domain/index.ts';
import { call, readJson } from './engine-api.ts';

const [file = ''] = process.argv.slice(2);
const { id } = JSON.parse(readFileSync(file, 'utf8')) as { readonly id?: string };
if (!id) throw new Error(`${file} names no installation`);
const filters = encodeURIComponent(JSON.stringify({ label: [`${LABEL.installation}=${id}`] }));

interface Listed {
  readonly Id: string;
}

let removed = 0;
async function remove(path: string): Promise<void> {
  const answer = await call('DELETE', path);
  const text = await readJson<{ readonly message?: string } | null>(answer);
  if (answer.statusCode === 404) return;
  if ((answer.statusCode ?? 500) >= 300)
    throw new Error(`${path}: ${text?.message ?? answer.statusCode}`);
  removed += 1;
}

async function removeAll(): Promise<void> {
  const containers = await call('GET', `/containers/json?all=true&filters=${filters}`);
  for (const { Id } of await readJson<readonly Listed[]>(containers)) {
    await remove(`/containers/${Id}?force=true&v=true`);
  }
  const networks = await call('GET', `/networks?filters=${filters}`);
  for (const { Id } of await readJson<readonly Listed[]>(networks)) await remove(`/networks/${Id}`);
  const volumes = await call('GET', `/volumes?filters=${filters}`);
  const { Volumes } = await readJson<{ Volumes: readonly { Name: string }[] | null }>(volumes);
  for (const { Name } of Volumes ?? []) await remove(`/volumes/${Name}`);
  process.stdout.write(`clean: ${removed} containers, networks and volumes removed\n`);
}

await removeAll().catch((error: unknown) => {
  process.stderr.write(`clean: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
