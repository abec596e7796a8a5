import type { ComposeNode } from '../node.ts';

/** A text that two nodes share exactly when they hold the same value. */
export function sameValue(node: ComposeNode): string {
  switch (node.kind) {
    case 'scalar':
      return JSON.stringify([node.special ?? '', node.value]);
    case 'seq':
      return `[${node.items.map(sameValue).join()}]`;
    case 'map': {
      const members = [...node.entries].map(
        ([key, { value }]) => `${JSON.stringify(key)}:${sameValue(value)}`,
      );
      return `{${members.sort().join()}}`;
    }
  }
}
