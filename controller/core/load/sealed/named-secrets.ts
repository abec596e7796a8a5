import type { Issue } from '../../../../schemas/domain/index.ts';
import { type ComposeMap, childOf, entriesOf, nodePlace, textOf } from '../compose/node.ts';
import { joinPath } from '../compose/reading.ts';
import { issueAt } from '../issues.ts';
import { maskText } from './mask.ts';

const NAMED_OBJECTS = ['networks', 'volumes', 'configs', 'secrets'] as const;

/** Names show in every plan, status and log: none may hold a sealed value. */
export function checkNames(
  tree: ComposeMap,
  values: ReadonlySet<string>,
  prefix: string,
): readonly Issue[] {
  if (values.size === 0) return [];
  const look = (section: string, keys: readonly string[]) =>
    [...entriesOf(tree, section)].flatMap(([name, { value }]) =>
      keys.flatMap((key) => {
        const node = childOf(value, key);
        const text = textOf(value, key);
        if (!node || text === undefined || maskText(text, values) === text) return [];
        const path = joinPath(joinPath(joinPath(prefix, section), name), key);
        const message = `${key} holds a sealed value, and shows in plans and logs`;
        const hint = 'take an ordinary value for it: spec.values';
        return [issueAt('E_SECRET_USE', nodePlace(node), path, message, hint)];
      }),
    );
  return [
    ...look('services', ['image', 'container_name']),
    ...NAMED_OBJECTS.flatMap((section) => look(section, ['name'])),
  ];
}
