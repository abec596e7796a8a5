/**
 * usage: main.ts [DIR] — runs every Compose file of DIR (default: our own) through skep on up to
 * four engines of its own, and counts the calls that change something while nothing changes.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compareText } from '../../schemas/domain/index.ts';
import { runBatch } from './batch.ts';
import { batches, readInputs } from './inputs.ts';
import { OwnEngine } from './own-engine.ts';

const ENGINES = 4;
const APPS_AT_ONCE = 12;
const PASSES = 20;

const print = (line: string) => void process.stdout.write(`${line}\n`);

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, 'inputs'));
const { root, runnable, others } = readInputs(folder);
const waiting = [...batches(runnable, ENGINES, APPS_AT_ONCE)];
const data = resolve('.skep', 'compat-engine');
await mkdir(data, { recursive: true });
let settled = 0;
let mutating = 0;
const unsettled = new Map<string, string>(others);

/** Ctrl-C: what is under way is given up, and its engines go; a second one ends this at once. */
const stop = new AbortController();
for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(name, () => {
    process.exitCode = code;
    stop.abort(new Error(`ended by ${name}`));
  });
}

/** One engine takes one batch after another. */
async function work(number: number): Promise<void> {
  while (waiting.length > 0 && !stop.signal.aborted) {
    const inputs = waiting.shift() ?? [];
    const engine = await OwnEngine.start(data);
    try {
      const result = await runBatch({
        inputs,
        root,
        dockerHost: engine.dockerHost,
        passes: PASSES,
        restartEngine: () => engine.restart(),
        signal: stop.signal,
        tell: (line) => print(`engine ${number}: ${line}`),
      });
      settled += result.settled.length;
      for (const [name, reason] of result.unsettled) unsettled.set(name, reason);
      for (const calls of result.calls.values()) {
        mutating += calls === '' ? 0 : calls.split('\n').length;
      }
    } finally {
      await engine.destroy();
    }
  }
}

const ends = await Promise.allSettled(
  Array.from({ length: Math.min(ENGINES, waiting.length) }, (_, index) => work(index + 1)),
);
const faults = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
for (const fault of faults) print(`fault: ${fault}`);
await rm(data, { recursive: true, force: true });
for (const [name, reason] of [...unsettled].sort(([a], [b]) => compareText(a, b)))
  print(`not run: ${name}: ${reason}`);
print(`${settled} of ${runnable.length + others.size} inputs run here, ${mutating} mutating calls`);
process.exitCode ??= faults.length + mutating === 0 && settled > 0 ? 0 : 1;
// A batch that was given up still waits for what does not come.
if (stop.signal.aborted) process.exit();
