import { CliError } from './exit.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/y;

/** `90s`, `10m`, `1h30m` in milliseconds. @throws CliError naming the option. */
export function parseDuration(option: string, text: string): number {
  let total = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const match = PART.exec(text);
    if (!match) throw invalid(option, text);
    total += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
  }
  if (text === '' || !Number.isSafeInteger(Math.round(total))) throw invalid(option, text);
  return Math.round(total);
}

function invalid(option: string, text: string): CliError {
  return new CliError(
    `${option} takes a duration, got ${JSON.stringify(text)}`,
    'for example 90s, 10m or 1h30m',
  );
}

const AGE_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `3d`, `5h`, `2m`, `12s`: the greatest unit that fits; a time ahead of `nowMs` counts as now. */
export function renderAge(iso: string | null, nowMs: number): string {
  if (iso === null) return '-';
  const elapsed = nowMs - Date.parse(iso);
  if (!Number.isFinite(elapsed)) return '-';
  for (const [unit, ms] of AGE_UNITS) {
    if (elapsed >= ms) return `${Math.floor(elapsed / ms)}${unit}`;
  }
  return '0s';
}
