/**
 * usage: run.ts REPOSITORY — `skep up` on that repository; once what it declares is deployed,
 * tells where everything is. Ends with it. DOCKER_HOST and SKEP_DATA_DIR are set by scripts/run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';

interface Ready {
  readonly ready: true;
  readonly api: string;
  readonly git: string;
  readonly user: string;
  readonly password: string;
}

const ROOT = resolve(import.meta.dirname, '..');
const CLI = resolve(ROOT, 'cli/main.ts');

const [repository = ''] = process.argv.slice(2);
const up = spawn(process.execPath, [CLI, 'up', '--json', '--repo', repository], {
  env: { SKEP_LOG_LEVEL: 'warn', SKEP_LOG_FORMAT: 'pretty', ...process.env },
  stdio: ['ignore', 'pipe', 'inherit'],
  // A group of its own: Ctrl-C reaches it once, from here.
  detached: true,
});
process.on('SIGINT', () => up.kill('SIGTERM'));
process.on('SIGTERM', () => up.kill('SIGTERM'));

const ready = await readiness(up);
if (ready) {
  process.stdout.write('skep is up; deploying the example apps …\n');
  const deployed = await skep('wait', '--timeout', '3m');
  process.stdout.write(`${summary(ready, deployed === 0).join('\n')}\n`);
}
if (up.exitCode === null && up.signalCode === null) await once(up, 'exit');
if (ready) process.stdout.write('skep has ended; containers stay, `make clean` removes them\n');
process.exitCode = up.exitCode ?? 1;

/** Undefined when it ends before it is ready; it has said why then. */
async function readiness(child: ChildProcess): Promise<Ready | undefined> {
  if (!child.stdout) return undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) return JSON.parse(line) as Ready;
  }
  return undefined;
}

/** Runs a verb through the operator's socket; what it prints is seen only when it fails. */
async function skep(...args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  up.once('exit', () => child.kill());
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 && up.exitCode === null) process.stderr.write(output);
  return code ?? 1;
}

function summary({ git, user, password }: Ready, deployed: boolean): readonly string[] {
  const command = relative(process.cwd(), resolve(ROOT, 'scripts/skep'));
  const clone = `git clone -c user.name=me -c user.email=me@localhost ${git} /tmp/deploy`;
  return [
    deployed
      ? 'The example apps run: http://127.0.0.1:8081 and http://127.0.0.1:8082/now'
      : `Not every example app runs yet: ${command} status tells why`,
    `  status      ${command} status --watch`,
    `  log in      ${command} login --user ${user}   (password ${password})`,
    `  git remote  ${git}`,
    'Change something:',
    `  ${clone}`,
    `  cd /tmp/deploy && sed -i 's/=.*/=Changed by a push/' hello/.env`,
    `  git commit -am 'Greet differently' && git push && ${resolve(ROOT, 'scripts/skep')} wait`,
    'Ctrl-C ends skep; containers stay, `make clean` removes them.',
  ];
}
