import { CASTS, type CastTree, castBelow } from './cast.ts';
import type { ComposeEntry, ComposeMap, ComposeNode, ComposeScalar, ComposeSeq } from './node.ts';
import type { Reading } from './reading.ts';
import { type Lookup, type Substitution, substitute, TemplateError } from './template.ts';
import { Trail } from './trail.ts';

/** Characters that the values of one file may grow to. */
const EXPANDED_CHARACTERS = 1024 * 1024;

export interface Variables {
  readonly lookup: Lookup;
  /** Variables that were told of as not set; each is told once. */
  readonly told?: Set<string>;
  /** An unset variable without a default is an error. */
  readonly strict?: boolean;
  /** Absent = Compose's own. */
  readonly grammar?: typeof substitute;
}

/**
 * Fills every `${…}` in values (never in keys), whatever key they stand under, and makes numbers
 * and booleans of texts where Compose does.
 */
export function interpolate(
  reading: Reading,
  root: ComposeNode,
  variables: Variables,
): ComposeNode {
  return new Interpolation(reading, variables).node(root, CASTS);
}

class Interpolation {
  readonly #reading: Reading;
  readonly #variables: Variables;
  readonly #trail = new Trail();
  #budget = EXPANDED_CHARACTERS;

  constructor(reading: Reading, variables: Variables) {
    this.#reading = reading;
    this.#variables = variables;
  }

  /** The same node where nothing in it changes. */
  node(node: ComposeNode, casts: CastTree | undefined): ComposeNode {
    if (node.tag === '!reset') return node;
    switch (node.kind) {
      case 'scalar':
        return typeof node.value === 'string' && !node.special ? this.#text(node, casts) : node;
      case 'seq':
        return this.#seq(node, casts);
      case 'map':
        return this.#map(node, casts);
    }
  }

  #seq(node: ComposeSeq, casts: CastTree | undefined): ComposeNode {
    let changed = false;
    const items = node.items.map((item, index) => {
      const value = this.#trail.within(index, () => this.node(item, castBelow(casts, index)));
      changed ||= value !== item;
      return value;
    });
    return changed ? { ...node, items } : node;
  }

  #map(node: ComposeMap, casts: CastTree | undefined): ComposeNode {
    let entries: Map<string, ComposeEntry> | undefined;
    for (const [key, entry] of node.entries) {
      const value = this.#trail.within(key, () => this.node(entry.value, castBelow(casts, key)));
      if (value === entry.value) continue;
      entries ??= new Map(node.entries);
      entries.set(key, { ...entry, value });
    }
    return entries ? { ...node, entries } : node;
  }

  #text(node: ComposeScalar, casts: CastTree | undefined): ComposeNode {
    const written = String(node.value);
    const filled = written.includes('$') ? this.#fill(node, written) : written;
    const { at, from, tag } = node;
    const place = { at, from, ...(tag !== undefined && { tag }) };
    if (filled === undefined) return { kind: 'scalar', ...place, value: null, text: '' };
    const cast = casts?.cast;
    if (!cast) {
      if (filled === written) return node;
      return { kind: 'scalar', ...place, value: filled, text: filled };
    }
    const value = cast.read(filled);
    if (value !== undefined) return { kind: 'scalar', ...place, value, text: String(value) };
    const shown = JSON.stringify(filled.slice(0, 60));
    this.#reading.at('E_TYPE', node, this.#trail.path, `must be ${cast.wanted}, not ${shown}`);
    return node;
  }

  /** Undefined = reported. */
  #fill(node: ComposeScalar, text: string): string | undefined {
    const { lookup, strict = false, grammar = substitute } = this.#variables;
    const substitution: Substitution = {
      lookup,
      unset: (name) => this.#tellUnset(node, name, strict),
      budget: this.#budget,
    };
    try {
      const filled = grammar(text, substitution);
      this.#budget = substitution.budget;
      return filled;
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return this.#reading.at('E_INTERPOLATION', node, this.#trail.path, error.message);
    }
  }

  #tellUnset(node: ComposeScalar, name: string, strict: boolean): void {
    const told = this.#variables.told;
    if (!strict && told?.has(name)) return;
    told?.add(name);
    const path = this.#trail.path;
    if (strict) {
      const message = `the variable ${name} is not set`;
      this.#reading.at('E_INTERPOLATION', node, path, message, `give it a default: \${${name}:-}`);
      return;
    }
    const message = `the variable ${name} is not set; it becomes an empty text`;
    this.#reading.at('W_VARIABLE_UNSET', node, path, message);
  }
}
