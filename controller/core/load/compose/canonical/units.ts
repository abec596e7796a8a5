import { scalarAt } from '../node.ts';
import { type Reader, text, wrongType } from './readers.ts';
import { isFraction } from './scalars.ts';

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
  w: 604_800e9,
};
const PART = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d|w)/g;
const DURATION = /^[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h|d|w))+$/;

/** A Go duration (`1m30s`) as Go prints it; `0` needs no unit. */
export const duration: Reader = (reading, node, path) => {
  const found = text(reading, node, path);
  if (found?.kind !== 'scalar') return undefined;
  const written = String(found.value);
  const nanoseconds = parseDuration(written);
  if (nanoseconds !== undefined) return scalarAt(node, showDuration(nanoseconds));
  const message = `${JSON.stringify(written.slice(0, 60))} is not a duration`;
  return reading.at('E_COMPOSE_VALUE', node, path, message, 'such as 500ms, 30s or 1m30s');
};

/** A duration of which Compose prints no zero. */
export const someDuration: Reader = (reading, node, path) => {
  const found = duration(reading, node, path);
  return found?.kind === 'scalar' && found.value === '0s' ? undefined : found;
};

/** Nanoseconds, or undefined where the text is no duration or longer than 292 years. */
export function parseDuration(written: string): number | undefined {
  if (/^[-+]?0$/.test(written)) return 0;
  if (written.length > 100 || !DURATION.test(written)) return undefined;
  let total = 0;
  for (const [, count = '', unit = ''] of written.matchAll(PART)) {
    total += Number(count) * (NANOSECONDS[unit] ?? 0);
  }
  if (total >= 2 ** 63) return undefined;
  return Math.trunc(written.startsWith('-') ? -total : total);
}

/** As Go's `Duration.String()`. */
export function showDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 0) return `-${showDuration(-nanoseconds)}`;
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

/**
 * A size (`64m`, `1gb`, 1048576) as decimal text of bytes. Of a number with a fraction Compose
 * makes nothing at all.
 */
export const bytes: Reader = (reading, node, path) => {
  const value = node.kind === 'scalar' ? node.value : null;
  if (node.kind !== 'scalar' || value === null || typeof value === 'boolean') {
    return wrongType(reading, node, path, 'a size such as 64m');
  }
  if (typeof value === 'number') {
    return value === 0 || isFraction(node) ? undefined : scalarAt(node, String(value));
  }
  const size = parseBytes(value);
  if (size !== undefined) return size === '0' ? undefined : scalarAt(node, size);
  const message = `${JSON.stringify(value.slice(0, 60))} is not a size`;
  return reading.at('E_COMPOSE_VALUE', node, path, message, 'such as 512k, 64m or 2g');
};

/** A size that, as a number, must be a whole one. */
export const wholeBytes: Reader = (reading, node, path) => {
  const value = node.kind === 'scalar' ? node.value : null;
  const broken = typeof value === 'number' && !Number.isInteger(value);
  return broken ? wrongType(reading, node, path, 'whole bytes') : bytes(reading, node, path);
};

/** The same, and not below 0. */
export const someBytes: Reader = (reading, node, path) => {
  const value = node.kind === 'scalar' ? node.value : null;
  if (typeof value !== 'number' || value >= 0) return wholeBytes(reading, node, path);
  return reading.at('E_COMPOSE_VALUE', node, path, 'must be 0 or more');
};

const SIZE =
  /^\+?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]\+?([0-9]{1,2}))? ?(?:([kmgtp])(?:i?b)?|b)?$/i;
const POWERS = ['', 'k', 'm', 'g', 't', 'p'];
const LARGEST = 2n ** 63n;

export function parseBytes(written: string): string | undefined {
  const [, count, exponent = '0', unit = ''] = SIZE.exec(written) ?? [];
  if (count === undefined) return undefined;
  const power = POWERS.indexOf(unit.toLowerCase());
  const size = Math.trunc(Number(`${count}e${exponent}`) * 1024 ** power);
  if (!Number.isFinite(size) || BigInt(size) >= LARGEST) return undefined;
  return String(BigInt(size));
}
