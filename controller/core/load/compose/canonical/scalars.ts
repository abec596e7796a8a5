import { type ComposeScalar, scalarAt } from '../node.ts';
import type { Reading } from '../reading.ts';
import { type Reader, wrongType } from './readers.ts';

const TRUE_WORDS = new Set(['true', 'y', 'yes', 'on']);
const FALSE_WORDS = new Set(['false', 'n', 'no', 'off']);

export const flag: Reader = (reading, node, path) => {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node;
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const word = node.value.toLowerCase();
    if (TRUE_WORDS.has(word)) return scalarAt(node, true);
    if (FALSE_WORDS.has(word)) return scalarAt(node, false);
  }
  return wrongType(reading, node, path, 'true or false');
};

/** A boolean; its name as a text will not do. */
export const boolean: Reader = (reading, node, path) => {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node;
  return wrongType(reading, node, path, 'true or false, without quotes');
};

export interface WholeOptions {
  readonly least?: number;
  readonly most?: number;
  /** A fraction is cut off; otherwise it is refused. */
  readonly cut?: boolean;
  /** A text of digits will not do. */
  readonly noTexts?: boolean;
}

/** A whole number, also as a text (`"${REPLICAS}"`). */
export function whole(options: WholeOptions = {}): Reader {
  const { least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER } = options;
  return (reading, node, path) => {
    const value = node.kind === 'scalar' ? wholeNumber(node, options) : undefined;
    if (value === undefined) return wrongType(reading, node, path, 'a whole number');
    if (value >= least && value <= most) return scalarAt(node, value);
    const limits = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
    return reading.at('E_COMPOSE_VALUE', node, path, `must be ${limits}, not ${value}`);
  };
}

function wholeNumber(node: ComposeScalar, { cut, noTexts }: WholeOptions): number | undefined {
  const { value } = node;
  if (typeof value === 'number')
    return cut || Number.isInteger(value) ? Math.trunc(value) : undefined;
  if (noTexts || typeof value !== 'string' || !/^[-+]?[0-9]{1,15}$/.test(value)) return undefined;
  return Number(value);
}

const DECIMAL = /^[-+]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,2})?$/;

/** A number, also as a text, in the 32 bits that Compose keeps of it. */
export const decimal: Reader = (reading, node, path) => {
  if (node.kind === 'scalar' && typeof node.value === 'number') {
    return scalarAt(node, single(node.value));
  }
  const textual = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
  if (!DECIMAL.test(textual)) return wrongType(reading, node, path, 'a number');
  return scalarAt(node, single(Number(textual)));
};

/** The shortest number that means the same in 32 bits, as Go prints it. */
export function single(value: number): number {
  const wanted = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(wanted.toPrecision(digits));
    if (Math.fround(short) === wanted) return short;
  }
  return wanted;
}

/** A text or a whole number; the number becomes its text. */
export const textOrWhole: Reader = (reading, node, path) => {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value === 'string') return node;
  if (typeof value === 'number' && Number.isInteger(value)) return scalarAt(node, String(value));
  return wrongType(reading, node, path, 'a text or a whole number');
};

/** A text, or a boolean that becomes one. */
export const textOrFlag: Reader = (reading, node, path) => {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value === 'string') return node;
  if (typeof value === 'boolean') return scalarAt(node, String(value));
  return wrongType(reading, node, path, 'a text, true or false');
};

/** What Compose writes for an unquoted number or boolean, with a warning when that is another text. */
export function scalarText(reading: Reading, node: ComposeScalar, path: string): ComposeScalar {
  if (node.value === null) return node;
  const written = node.shown ?? node.text;
  if (node.shown !== undefined && typeof node.value !== 'boolean') {
    const message = `unquoted, ${node.text} is read as ${written}`;
    reading.at('W_SCALAR_CHANGED', node, path, message, `put it in quotes: "${node.text}"`);
  }
  return scalarAt(node, written);
}

/** Written with a point or an exponent, even where nothing follows the point. */
export const isFraction = (node: ComposeScalar): boolean =>
  typeof node.value === 'number' && /^[-+]?[0-9_]*(?:\.|[eE])/.test(node.text);
