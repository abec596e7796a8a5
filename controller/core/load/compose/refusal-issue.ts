import type { Refusal } from '../../../../engine/refusal.ts';
import type { Issue } from '../../../../schemas/domain/index.ts';
import type { Code } from '../codes.ts';
import { issueAt } from '../issues.ts';
import { type ComposeMap, type ComposeNode, keyPlace, nodePlace } from './node.ts';
import { joinPath } from './reading.ts';

/** A refusal with its place in the file: as near to what it names as the file goes. */
export function refusalIssue(tree: ComposeMap, refusal: Refusal, code: Code): Issue {
  let node: ComposeNode | undefined = tree;
  let place = nodePlace(tree);
  let path = '';
  for (const key of refusal.path) {
    const step = stepTo(node, key);
    if (step) place = step.place;
    path = joinPath(path, step?.index ?? key);
    node = step?.node;
  }
  return issueAt(code, place, path, refusal.message, refusal.hint);
}

interface Step {
  readonly node: ComposeNode;
  readonly place: ReturnType<typeof nodePlace>;
  readonly index?: number;
}

function stepTo(node: ComposeNode | undefined, key: string): Step | undefined {
  if (node?.kind === 'map') {
    const entry = node.entries.get(key);
    return entry && { node: entry.value, place: keyPlace(entry) };
  }
  const index = Number(key);
  const item = node?.kind === 'seq' ? node.items[index] : undefined;
  return item && { node: item, place: nodePlace(item), index };
}
