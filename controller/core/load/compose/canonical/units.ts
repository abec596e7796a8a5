import { scalarAt } from '../node.ts';
import { type Reader, wrongType } from './readers.ts';

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
  w: 604_800e9,
};
const PART = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h|d|w)/g;
const DURATION = /^(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|ms|s|m|h|d|w))+$/;

/** A Go duration (`1m30s`) as Go prints it; `0` needs no unit. */
export const duration: Reader = (reading, node, path) => {
  const written = node.kind === 'scalar' ? String(node.value) : '';
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    if (written === '0') return scalarAt(node, '0s');
    return wrongType(reading, node, path, 'a duration such as 30s or 1m30s');
  }
  const nanoseconds = parseDuration(written);
  if (nanoseconds === undefined) {
    const message = `${JSON.stringify(written.slice(0, 60))} is not a duration`;
    return reading.at('E_COMPOSE_VALUE', node, path, message, 'such as 500ms, 30s or 1m30s');
  }
  return scalarAt(node, showDuration(nanoseconds));
};

/** Nanoseconds, or undefined where the text is no duration or longer than 292 years. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (text.length > 100 || !DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(PART)) {
    total += Number(count) * (NANOSECONDS[unit] ?? 0);
  }
  return total < 2 ** 63 ? Math.round(total) : undefined;
}

/** As Go's `Duration.String()`. */
export function showDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e9) return showSmall(nanoseconds);
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${trimmed((nanoseconds - minutes * 60e9) / 1e9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

function showSmall(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${trimmed(nanoseconds / 1e3)}µs`;
  return `${trimmed(nanoseconds / 1e6)}ms`;
}

const trimmed = (value: number): string => String(Number(value.toFixed(9)));

const SIZE = /^([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([bkmgtp])?(?:i?b)?$/i;
const POWERS = ['b', 'k', 'm', 'g', 't', 'p'];

/** A size (`64m`, `1gb`, 1048576) as decimal text of bytes. */
export const bytes: Reader = (reading, node, path) => {
  const written = node.kind === 'scalar' && node.value !== null ? String(node.value) : undefined;
  if (written === undefined || (node.kind === 'scalar' && typeof node.value === 'boolean')) {
    return wrongType(reading, node, path, 'a size such as 64m');
  }
  const size = parseBytes(written);
  if (size !== undefined) return scalarAt(node, String(size));
  const message = `${JSON.stringify(written.slice(0, 60))} is not a size`;
  return reading.at('E_COMPOSE_VALUE', node, path, message, 'such as 512k, 64m or 2g');
};

export function parseBytes(text: string): number | undefined {
  const [, count, unit = 'b'] = SIZE.exec(text.trim()) ?? [];
  if (count === undefined) return undefined;
  const size = Math.trunc(Number(count) * 1024 ** POWERS.indexOf(unit.toLowerCase()));
  return Number.isSafeInteger(size) ? size : undefined;
}
