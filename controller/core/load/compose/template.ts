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

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;
const OPERATORS = [':-', ':?', ':+', '-', '?', '+'] as const;
const MAX_NESTING = 32;

/** @throws TemplateError with a message for a person. */
export function substitute(text: string, substitution: Substitution, nesting = 0): string {
  if (!text.includes('$')) return spend(substitution, text);
  if (nesting > MAX_NESTING) throw new TemplateError(`\${…} nested deeper than ${MAX_NESTING}`);
  let result = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) break;
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
  if (following === '{') {
    const end = closingBrace(text, dollar);
    if (end < 0) throw new TemplateError(`\${ without } in ${quote(text)}`);
    const inner = text.slice(dollar + 2, end);
    return [readBraced(inner, substitution, nesting), end + 1];
  }
  const name = NAME.exec(text.slice(dollar + 1, dollar + 257))?.[0];
  if (name === undefined) return [spend(substitution, '$'), dollar + 1];
  return [readPlain(name, substitution), dollar + 1 + name.length];
}

function readBraced(inner: string, substitution: Substitution, nesting: number): string {
  const name = NAME.exec(inner)?.[0];
  if (name === undefined) throw new TemplateError(`\${${shorten(inner)}} names no variable`);
  const rest = inner.slice(name.length);
  if (rest === '') return readPlain(name, substitution);
  const operator = OPERATORS.find((candidate) => rest.startsWith(candidate));
  if (!operator) throw new TemplateError(`\${${shorten(inner)}} has an unknown operator`);
  const operand = () => substitute(rest.slice(operator.length), substitution, nesting + 1);
  const value = substitution.lookup(name);
  const filled = operator.startsWith(':')
    ? value !== undefined && value !== ''
    : value !== undefined;
  switch (operator) {
    case ':-':
    case '-':
      return filled ? spend(substitution, value ?? '') : operand();
    case ':+':
    case '+':
      return filled ? operand() : '';
    case ':?':
    case '?':
      if (!filled) throw new TemplateError(missing(name, operand()));
      return spend(substitution, value ?? '');
  }
}

function missing(name: string, message: string): string {
  return `the required variable ${name} is not set${message === '' ? '' : `: ${message}`}`;
}

function readPlain(name: string, substitution: Substitution): string {
  const value = substitution.lookup(name);
  if (value === undefined) substitution.unset(name);
  return spend(substitution, value ?? '');
}

/** Offset of the brace that closes the `${` at `start`; only `${` opens another one. */
function closingBrace(text: string, start: number): number {
  let open = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '}') {
      open -= 1;
      if (open === 0) return at;
    } else if (text[at] === '$' && text[at + 1] === '{') {
      open += 1;
      at += 1;
    }
  }
  return -1;
}

function spend(substitution: Substitution, text: string): string {
  substitution.budget -= text.length;
  if (substitution.budget < 0) throw new TemplateError('the values grow too large');
  return text;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
const quote = (text: string): string => JSON.stringify(shorten(text));
