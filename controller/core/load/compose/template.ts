/** `${…}` in Compose files: the grammar of the Compose Specification, "Interpolation". */

/** The value of a variable, or undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface Substitution {
  readonly lookup: Lookup;
  /** A variable that is not set and has no default: it becomes an empty text. */
  readonly unset: (name: string) => void;
  /** Characters that may still be written: `${A}${A}…` must not fill the memory. */
  budget: number;
}

export class TemplateError extends Error {}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;
const MAX_NESTING = 32;
/** Of one text: each may look as far as the end of its line. */
export const MAX_VARIABLES = 2_000;

/** @throws TemplateError with a message for a person. */
export function substitute(text: string, substitution: Substitution, nesting = 0): string {
  if (!text.includes('$')) return spend(substitution, text);
  if (nesting > MAX_NESTING) throw new TemplateError(`\${…} nested deeper than ${MAX_NESTING}`);
  let result = '';
  let at = 0;
  for (let count = 0; ; count++) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) break;
    if (count > MAX_VARIABLES) {
      throw new TemplateError(`more than ${MAX_VARIABLES} variables in one value`);
    }
    result += spend(substitution, text.slice(at, dollar));
    const [value, next] = readDollar(text, dollar, substitution, nesting);
    result += value;
    at = next;
  }
  return result + spend(substitution, text.slice(at));
}

function readDollar(
  text: string,
  dollar: number,
  substitution: Substitution,
  nesting: number,
): [value: string, next: number] {
  const following = text[dollar + 1];
  if (following === '$') return [spend(substitution, '$'), dollar + 2];
  if (following === '{') return readBraced(text, dollar, substitution, nesting);
  const name = matchAt(NAME, text, dollar + 1);
  if (name === '') return [spend(substitution, '$'), dollar + 1];
  return [readPlain(name, substitution), dollar + 1 + name.length];
}

function readBraced(
  text: string,
  dollar: number,
  substitution: Substitution,
  nesting: number,
): [value: string, next: number] {
  const end = operandEnd(text, dollar);
  if (end < 0) throw new TemplateError(`\${ without } in ${quote(text)}`);
  const name = matchAt(NAME, text, dollar + 2);
  const shown = shorten(text.slice(dollar, end + 1));
  if (name === '') throw new TemplateError(`${shown} names no variable`);
  const after = dollar + 2 + name.length;
  if (text[after] === '}') return [readPlain(name, substitution), after + 1];
  const operator = matchAt(OPERATOR, text, after);
  if (operator === '') throw new TemplateError(`${shown} has an unknown operator`);
  const operand = substitute(text.slice(after + operator.length, end), substitution, nesting + 1);
  return [applyOperator(name, operator, operand, substitution), end + 1];
}

function applyOperator(
  name: string,
  operator: string,
  operand: string,
  substitution: Substitution,
): string {
  const value = substitution.lookup(name);
  const filled = value !== undefined && (value !== '' || !operator.startsWith(':'));
  if (operator.endsWith('-')) return filled ? spend(substitution, value) : operand;
  if (operator.endsWith('+')) return filled ? operand : '';
  if (!filled) throw new TemplateError(missing(name, operand));
  return spend(substitution, value);
}

function missing(name: string, message: string): string {
  return `the required variable ${name} is not set${message === '' ? '' : `: ${message}`}`;
}

function readPlain(name: string, substitution: Substitution): string {
  const value = substitution.lookup(name);
  if (value === undefined) substitution.unset(name);
  return spend(substitution, value ?? '');
}

/**
 * Offset of the brace that ends the operand begun at `start`, as Compose finds it: within the line,
 * braces are counted whatever stands before them, and what follows an opening one is not looked at.
 * Where they do not add up, the last brace of the line ends it (`${A:-{}}`).
 */
function operandEnd(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  const lineEnd = newline < 0 ? text.length : newline;
  const last = text.lastIndexOf('}', lineEnd - 1);
  if (last < start) return -1;
  let open = 0;
  for (let at = start; at <= last; at++) {
    if (text[at] === '}') {
      open -= 1;
      if (open === 0) return at;
    } else if (text[at] === '{') {
      open += 1;
      at += 1;
    }
  }
  return last;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function spend(substitution: Substitution, text: string): string {
  substitution.budget -= text.length;
  if (substitution.budget < 0) throw new TemplateError('the values grow too large');
  return text;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
const quote = (text: string): string => JSON.stringify(shorten(text));
