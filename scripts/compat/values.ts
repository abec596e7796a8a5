import { differences } from './compare.ts';
import type { Json } from './corpus.ts';
import type { Printed } from './run-skep.ts';

const UNSET = /\b([A-Za-z_]\w*) is not set/g;
const MOST_LOADS = 20_000;

/**
 * A recording may have been made with variables set that its input does not set, which says so
 * nowhere. Looks for them: values that stand in the recording, with which the model is the same.
 * Undefined where there are none; so nothing can be found that hides a difference.
 */
export function findValues(
  recorded: Json,
  load: (values: Readonly<Record<string, string>>) => Printed<Json>,
): Readonly<Record<string, string>> | undefined {
  const names = [...new Set([...load({}).errors.matchAll(UNSET)].map(([, name = '']) => name))];
  const candidates = [...new Set(leaves(recorded))];
  if (names.length === 0 || candidates.length ** names.length > MOST_LOADS) return undefined;
  for (const values of combinations(names, candidates)) {
    const { value } = load(values);
    if (value && differences(value, recorded).length === 0) return values;
  }
  return undefined;
}

function* combinations(
  [name, ...others]: readonly string[],
  candidates: readonly string[],
): Generator<Readonly<Record<string, string>>> {
  if (name === undefined) yield {};
  else {
    for (const rest of combinations(others, candidates)) {
      for (const candidate of candidates) yield { ...rest, [name]: candidate };
    }
  }
}

function leaves(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leaves);
}
