import type { Report } from './simulate.ts';
import type { Entry } from './world/history.ts';

/** Which seeds to run: `SKEP_SEED` alone is one, `SKEP_SEEDS` how many from there. */
export function seedsOf(
  env: NodeJS.ProcessEnv,
  usual: number,
): { readonly first: number; readonly count: number } {
  const seed = env['SKEP_SEED'];
  const first = Number(seed ?? 1);
  const count = Number(env['SKEP_SEEDS'] ?? (seed === undefined ? usual : 1));
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
    throw new RangeError('SKEP_SEED and SKEP_SEEDS are whole numbers');
  }
  return { first, count };
}

export const replayCommand = (seed: number): string => `SKEP_SEED=${seed} make simulate`;

const SHOWN = 10;
const LINES = 40;
/** Of every step, and too many to read. */
const FINE: ReadonlySet<Entry['type']> = new Set(['journal', 'look', 'sent', 'shown', 'status']);

/** What a failing seed says: what was violated, how to see it again, and what came before. */
export function told({ seed, violations, entries }: Report): string {
  const first = Math.min(...violations.map(({ atMs }) => atMs));
  const before = entries.filter(({ atMs, type }) => atMs <= first && !FINE.has(type));
  return [
    `seed ${seed}; see it again: ${replayCommand(seed)}`,
    ...violations.slice(0, SHOWN).map(({ id, message }) => `  ${id}: ${message}`),
    'what happened until then:',
    ...before.slice(-LINES).map((entry) => `  ${line(entry, entries[0]?.atMs ?? 0)}`),
  ].join('\n');
}

function line({ atMs, type, ...rest }: Entry, startMs: number): string {
  const { foreign: _, ...told } = { foreign: undefined, ...rest };
  const text = JSON.stringify(told, (__, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return `${((atMs - startMs) / 1000).toFixed(3)} s ${type} ${text.slice(0, 300)}`;
}
