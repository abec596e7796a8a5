import { resolve } from 'node:path';
import process from 'node:process';
import { systemClock } from '../../kit/clock.ts';
import { DATABASE_FILE, openStore } from './open-store.ts';

/** `node controller/store/init.ts [DATA_DIR]`: makes or migrates the database, as a start would. */
async function main(): Promise<void> {
  const { SKEP_DATA_DIR } = process.env;
  const dataDir = resolve(process.argv[2] ?? SKEP_DATA_DIR ?? '/var/lib/skep');
  const store = await openStore({ dataDir, clock: systemClock });
  const { from, to, backup } = store.migration;
  await store.stop();
  const what = from === to ? `is at version ${to}` : `went from version ${from} to ${to}`;
  process.stdout.write(`${dataDir}/${DATABASE_FILE} ${what}\n`);
  if (backup) process.stdout.write(`copy of the old one: ${backup}\n`);
  if (store.loss) process.stdout.write(`made anew, the old one was ${store.loss}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
