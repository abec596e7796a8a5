import { compareText } from '../../../schemas/domain/index.ts';

/** Name -> the names it waits for. */
export type Graph = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/**
 * Cycles of a graph, each from the name it was entered by, in a stable order. Every name that is
 * part of a cycle is in one of those found; not every cycle through it is listed. Iterative, so
 * that the length of a chain does not matter.
 */
export function findCycles(graph: Graph): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = [];
  const done = new Set<string>();
  for (const start of [...graph.keys()].sort(compareText)) {
    if (!done.has(start)) walk(graph, start, done, cycles);
  }
  return cycles;
}

function walk(graph: Graph, start: string, done: Set<string>, cycles: (readonly string[])[]): void {
  const trail: { readonly name: string; readonly rest: Iterator<string> }[] = [];
  const onTrail = new Set<string>();
  const enter = (name: string): void => {
    const followers = [...(graph.get(name)?.keys() ?? [])].sort(compareText);
    trail.push({ name, rest: followers.values() });
    onTrail.add(name);
  };
  enter(start);
  for (let last = trail.at(-1); last; last = trail.at(-1)) {
    const { value, done: ended } = last.rest.next();
    if (ended) {
      trail.pop();
      onTrail.delete(last.name);
      done.add(last.name);
    } else if (onTrail.has(value)) {
      const names = trail.map(({ name }) => name);
      cycles.push(names.slice(names.indexOf(value)));
    } else if (!done.has(value) && graph.has(value)) enter(value);
  }
}
