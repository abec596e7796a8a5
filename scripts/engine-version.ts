/** usage: engine-version.ts ADDRESS — prints `28.5.2, API 1.51`. */
import { call, readJson } from './engine-api.ts';

interface Version {
  readonly Version: string;
  readonly ApiVersion: string;
}

const [address] = process.argv.slice(2);
const answer = await readJson<Version>(await call('GET', '/version', undefined, address));
process.stdout.write(`${answer.Version}, API ${answer.ApiVersion}\n`);
