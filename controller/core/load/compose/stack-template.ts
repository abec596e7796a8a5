/** `${…}` as `docker stack` reads it: older than Compose's, and not nested. */
import { type Substitution, TemplateError } from './template.ts';

/**
 * An operator may follow without braces too: `$A-b` is the default `b` of A, as far as the next
 * closing brace. Names are of ASCII letters, whatever their case.
 */
const VARIABLE = (() => {
  const used = '[_a-zA-Z][_a-zA-Z0-9]*(?::?[-?][^}]*)?';
  return new RegExp(`\\$(?:(?<dollar>\\$)|(?<plain>${used})|\\{(?<braced>${used})\\}|)`, 'g');
})();

/** In the order in which they are looked for, wherever they stand. */
const OPERATORS = [':-', '-', ':?', '?'] as const;

/** @throws TemplateError with a message for a person. */
export function substituteStack(text: string, substitution: Substitution): string {
  const filled = text.replace(VARIABLE, (...found) => {
    const groups = found.at(-1) as Partial<Record<'dollar' | 'plain' | 'braced', string>>;
    if (groups.dollar !== undefined) return '$';
    const used = groups.plain ?? groups.braced;
    if (used === undefined) {
      const shown = JSON.stringify(text.slice(0, 60));
      throw new TemplateError(`a $ that names no variable in ${shown}; write $$ for a $`);
    }
    return spend(substitution, resolveVariable(used, substitution));
  });
  return filled;
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
