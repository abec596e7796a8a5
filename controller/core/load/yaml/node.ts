/**
 * A YAML value with its place: `at` is an offset into the file's text. Aliases are resolved by
 * sharing the anchored node, so a tree is walked, never changed.
 */
export type YamlNode = YamlScalar | YamlMap | YamlSeq;

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly at: number;
  /** The text as written, without quotes, escapes and folds. */
  readonly text: string;
  /** Not quoted and not a block: numbers, booleans and null are told apart by `text`. */
  readonly plain: boolean;
  readonly tag?: string;
}

export interface YamlMap {
  readonly kind: 'map';
  readonly at: number;
  readonly entries: ReadonlyMap<string, YamlEntry>;
  readonly tag?: string;
}

export interface YamlEntry {
  readonly keyAt: number;
  /** The key is not quoted: it may be a number or the like to who reads it. */
  readonly keyPlain: boolean;
  readonly value: YamlNode;
}

export interface YamlSeq {
  readonly kind: 'seq';
  readonly at: number;
  readonly items: readonly YamlNode[];
  readonly tag?: string;
}

/** The value under `key`, or undefined; also for a node that is no map. */
export function child(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}
