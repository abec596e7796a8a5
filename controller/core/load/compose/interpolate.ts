import type { ComposeEntry, ComposeNode } from './node.ts';
import { joinPath, type Reading } from './reading.ts';
import { type Lookup, type Substitution, substitute, TemplateError } from './template.ts';

/** Characters that the values of one file may grow to. */
const EXPANDED_CHARACTERS = 1024 * 1024;

export interface Variables {
  readonly lookup: Lookup;
}

/** Fills every `${…}` in values (never in keys), whatever key they stand under. */
export function interpolate(
  reading: Reading,
  root: ComposeNode,
  variables: Variables,
): ComposeNode {
  const budget = { left: EXPANDED_CHARACTERS };
  return walk(root, '');

  function walk(node: ComposeNode, path: string): ComposeNode {
    switch (node.kind) {
      case 'scalar':
        return typeof node.value === 'string' && node.value.includes('$')
          ? fill(node, node.value, path)
          : node;
      case 'seq':
        return { ...node, items: node.items.map((item, i) => walk(item, joinPath(path, i))) };
      case 'map': {
        const entries = new Map<string, ComposeEntry>();
        for (const [key, entry] of node.entries) {
          entries.set(key, { ...entry, value: walk(entry.value, joinPath(path, key)) });
        }
        return { ...node, entries };
      }
    }
  }

  function fill(node: ComposeNode, text: string, path: string): ComposeNode {
    const substitution: Substitution = {
      lookup: variables.lookup,
      unset(name) {
        const message = `the variable ${name} is not set; it becomes an empty text`;
        reading.at('W_VARIABLE_UNSET', node, path, message);
      },
      budget: budget.left,
    };
    try {
      const value = substitute(text, substitution);
      budget.left = substitution.budget;
      const { at, from, tag } = node;
      return { kind: 'scalar', at, from, value, text: value, ...(tag !== undefined && { tag }) };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      reading.at('E_INTERPOLATION', node, path, error.message);
      return node;
    }
  }
}
