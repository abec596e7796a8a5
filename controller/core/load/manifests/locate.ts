import type { YamlMap, YamlNode } from '../yaml/node.ts';

/** The place of a value, or of a key in it; and the path with indexes as numbers. */
export function locate(
  root: YamlMap,
  parts: readonly string[],
  key: string | undefined,
): { at: number; path: readonly (string | number)[] } {
  let node: YamlNode | undefined = root;
  let at = root.at;
  const path: (string | number)[] = [];
  for (const part of parts) {
    if (node?.kind === 'seq') {
      node = node.items[Number(part)];
      path.push(Number(part));
    } else {
      const entry: { keyAt: number; value: YamlNode } | undefined =
        node?.kind === 'map' ? node.entries.get(part) : undefined;
      node = entry?.value;
      path.push(part);
      // A collection is shown at its key: that is what a reader looks for.
      at = entry?.keyAt ?? at;
    }
    if (node && node.kind === 'scalar') at = node.at;
    else if (node && typeof path.at(-1) === 'number') at = node.at;
  }
  if (key === undefined) return { at, path };
  const entry = node?.kind === 'map' ? node.entries.get(key) : undefined;
  return { at: entry?.keyAt ?? at, path: [...path, key] };
}
