import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { temporaryDirectory } from '../test/support/git.ts';

export interface BenchEngine extends AsyncDisposable {
  /** `unix:///path`. */
  readonly dockerHost: string;
}

const SCRIPT = resolve(import.meta.dirname, '../scripts/engine');

/** The engine of DOCKER_HOST, or a private one that ends with the benchmark. */
export async function benchEngine(): Promise<BenchEngine> {
  const given = process.env['DOCKER_HOST'];
  if (given) return { dockerHost: given, [Symbol.asyncDispose]: () => Promise.resolve() };
  const directory = await temporaryDirectory('skep-bench-');
  const env = { ...process.env, SKEP_DATA_DIR: directory.path };
  const dockerHost = execFileSync(SCRIPT, { env, encoding: 'utf8' }).trim();
  return {
    dockerHost,
    async [Symbol.asyncDispose]() {
      execFileSync(SCRIPT, ['stop'], { env });
      await directory.remove();
    },
  };
}
