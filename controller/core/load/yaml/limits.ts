/** Limits of design decision 15: YAML is hostile until it has been looked at. */
export const YAML_LIMITS = {
  /** Bytes of one file. */
  fileBytes: 256 * 1024,
  /** Nesting of collections. */
  depth: 64,
  /** Aliases of one manifest file. */
  manifestAliases: 20,
  /** Aliases of one Compose file. */
  composeAliases: 500,
  /** Values of one file once every alias is expanded. */
  expandedNodes: 50_000,
  /** Documents of one file. */
  documents: 1_000,
} as const;

/** What to do about a file that is over one of them. */
export const TOO_MUCH_HINT = 'split the file, or name it in .skepignore if it is not for skep';

/** Keys that exist on every JavaScript object: refused wherever a key may stand. */
const OBJECT_MEMBERS = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

export const isForbiddenKey = (key: string): boolean => OBJECT_MEMBERS.has(key);
