/**
 * usage: build-image.ts DOCKERFILE NAME:TAG [ARGUMENT=VALUE…] <CONTEXT.tar
 * Builds one image on the engine that DOCKER_HOST names, without Docker's own command line. What
 * runs during the build has no network: whatever it needs is in the context.
 */
import { readFileSync } from 'node:fs';
import { call, readText } from './engine-api.ts';

interface Line {
  readonly stream?: string;
  readonly error?: string;
}

const STDIN = 0;
const LAST_LINES = 8;

const [dockerfile = '', tag = '', ...given] = process.argv.slice(2);
const buildargs = Object.fromEntries(given.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
const query = new URLSearchParams({
  dockerfile,
  t: tag,
  buildargs: JSON.stringify(buildargs),
  networkmode: 'none',
  rm: '1',
  forcerm: '1',
});
const answer = await call('POST', `/build?${query.toString()}`, readFileSync(STDIN));
const text = await readText(answer);
if (answer.statusCode !== 200) throw new Error(`${tag}: ${text.trim()}`);
const lines = text
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line) as Line);
const error = lines.findLast((line) => line.error)?.error;
if (error === undefined) {
  process.stdout.write(`${tag} is built\n`);
} else {
  const shown = lines.flatMap(({ stream }) => stream?.trim() || []).slice(-LAST_LINES);
  process.stderr.write(`${shown.join('\n')}\n${tag} could not be built: ${error}\n`);
  process.exitCode = 1;
}
