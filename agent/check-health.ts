import { join } from 'node:path';
import { sinceContactMs } from './session/contact.ts';

/** A dozen heartbeats of the controller. */
const SILENCE_MS = 60_000;

/** The health check of the agent's image: 0 while the controller was heard in the last minute. */
const folder = process.env['SKEP_DATA_DIR'] || '/var/lib/skep';
const sinceMs = sinceContactMs(join(folder, 'agent', 'contact'), Date.now());
if (sinceMs === undefined || sinceMs > SILENCE_MS) {
  const since = sinceMs === undefined ? 'not connected yet' : `for ${Math.round(sinceMs / 1000)} s`;
  process.stdout.write(`nothing heard from the controller: ${since}\n`);
  process.exitCode = 1;
}
