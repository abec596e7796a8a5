/** `${…}` as `docker stack` reads it: older than Compose's, and not nested. */
import { MAX_VARIABLES, type Substitution, TemplateError } from './template.ts';

/**
 * An operator may follow without braces too: `$A-b` is the default `b` of A, as far as the next
 * closing brace. Names are of ASCII letters, whatever their case.
 */
const VARIABLE = (() => {
  const used = '[_a-zA-Z][_a-zA-Z0-9]*(?::?[-?][^}]*)?';
  return new RegExp(`\\$(?:(?<dollar>\\$)|(?<plain>${used})|\\{(?<braced>${used})\\})`, 'y');
})();

/** In the order in which they are looked for, wherever they stand. */
const OPERATORS = [':-', '-', ':?', '?'] as const;

/** @throws TemplateError with a message for a person, at the first `$` that is not to be filled. */
export function substituteStack(text: string, substitution: Substitution): string {
  let result = '';
  let at = 0;
  for (let count = 0; ; count++) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return result + text.slice(at);
    if (count > MAX_VARIABLES) {
      throw new TemplateError(`more than ${MAX_VARIABLES} variables in one value`);
    }
    const [value, next] = readDollar(text, dollar, substitution);
    result += text.slice(at, dollar) + value;
    at = next;
  }
}

function readDollar(
  text: string,
  dollar: number,
  substitution: Substitution,
): [value: string, next: number] {
  VARIABLE.lastIndex = dollar;
  const found = VARIABLE.exec(text);
  const groups: Partial<Record<string, string>> = found?.groups ?? {};
  const next = dollar + (found?.[0].length ?? 0);
  if (groups['dollar'] !== undefined) return ['$', next];
  const used = groups['plain'] ?? groups['braced'];
  if (used !== undefined) return [spend(substitution, resolveVariable(used, substitution)), next];
  const shown = JSON.stringify(text.slice(0, 60));
  throw new TemplateError(`a $ that names no variable in ${shown}; write $$ for a $`);
}

function resolveVariable(used: string, { lookup, unset }: Substitution): string {
  const operator = OPERATORS.find((one) => used.includes(one));
  if (operator === undefined) {
    const value = lookup(used);
    if (value === undefined) unset(used);
    return value ?? '';
  }
  const at = used.indexOf(operator);
  const [name, operand] = [used.slice(0, at), used.slice(at + operator.length)];
  const value = lookup(name);
  const filled = value !== undefined && (value !== '' || !operator.startsWith(':'));
  if (filled) return value;
  if (operator.endsWith('-')) return operand;
  throw new TemplateError(`the required variable ${name} is not set: ${operand}`);
}

function spend(substitution: Substitution, value: string): string {
  substitution.budget -= value.length;
  if (substitution.budget < 0) throw new TemplateError('the values grow too large');
  return value;
}
