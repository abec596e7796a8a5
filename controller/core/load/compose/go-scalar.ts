import type { ComposeValue } from './node.ts';

const INTEGER = /^[-+]?(?:0[bB][01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIMESTAMP =
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9:]+))?)?$/;
const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES = new Set(['true', 'True', 'TRUE']);
const FALSES = new Set(['false', 'False', 'FALSE']);

export interface GoScalar {
  readonly value: ComposeValue;
  /** What Compose makes of it where it wants a text (`1.10` -> `1.1`). */
  readonly text: string;
  /** No text, though `value` is one: a number beyond JavaScript's, or a date. */
  readonly special?: 'number' | 'date';
}

/** A plain scalar as Compose's YAML library (go-yaml 3) reads it. */
export function resolveGoScalar(text: string): GoScalar {
  if (NULLS.has(text)) return { value: null, text: '' };
  if (TRUES.has(text)) return { value: true, text: 'true' };
  if (FALSES.has(text)) return { value: false, text: 'false' };
  const first = text.charCodeAt(0);
  const numeric =
    first <= 0x39 && (first >= 0x30 || first === 0x2b || first === 0x2d || first === 0x2e);
  if (!numeric) return { value: text, text };
  return resolveInteger(text) ?? resolveFloat(text) ?? resolveRest(text);
}

function resolveInteger(text: string): GoScalar | undefined {
  if (!INTEGER.test(text)) return undefined;
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '');
  const octal = /^0[oO]?[0-7]+$/.test(digits) && digits !== '0';
  const written = octal ? `0o${digits.replace(/^0[oO]?/, '')}` : digits;
  if (/^0[0-9]/.test(written) || !/^(?:0[boxBOX])?[0-9a-fA-F]+$/.test(written)) return undefined;
  const value = negative ? -BigInt(written) : BigInt(written);
  if (value < -(2n ** 63n) || value >= 2n ** 64n) return undefined;
  const number = Number(value);
  const exact = String(value);
  if (Number.isSafeInteger(number)) return { value: number, text: exact };
  return { value: exact, text: exact, special: 'number' };
}

function resolveFloat(text: string): GoScalar | undefined {
  const written = text.replaceAll('_', '');
  if (!FLOAT.test(written)) return undefined;
  const value = Number(written);
  if (!Number.isFinite(value)) return undefined;
  return { value, text: goFloatText(value) };
}

const SPECIAL: Readonly<Record<string, string>> = { '.inf': '+Inf', '.nan': 'NaN' };

function resolveRest(text: string): GoScalar {
  const special = /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text);
  if (special && text.startsWith('-')) return { value: '-Inf', text: '-Inf', special: 'number' };
  const shown = special ? SPECIAL[text.replace('+', '').toLowerCase()] : undefined;
  if (shown !== undefined) return { value: shown, text: shown, special: 'number' };
  if (TIMESTAMP.test(text)) return { value: text, text, special: 'date' };
  return { value: text, text };
}

/** Go's `%v` of a float64: an exponent below 1e-4 and from 1e6 on, with two digits at least. */
export function goFloatText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  const sign = power < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}
