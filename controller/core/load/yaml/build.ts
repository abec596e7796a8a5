import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar } from 'yaml';
import type { Fault } from './fault.ts';
import { isForbiddenKey, TOO_MUCH_HINT, YAML_LIMITS } from './limits.ts';
import type { YamlEntry, YamlMap, YamlNode } from './node.ts';

export interface BuiltTree {
  readonly root?: YamlNode;
  readonly faults: readonly Fault[];
  readonly strictFaults: readonly Fault[];
}

interface Build {
  readonly anchors: Map<string, { node: YamlNode; size: number }>;
  readonly faults: Fault[];
  readonly strictFaults: Fault[];
  /** Where a last line without an end of its own ends; -1 where there is none. */
  readonly unended: number;
  /** Values so far, aliases counted as what they stand for. */
  size: number;
}

const CORE_TAG = 'tag:yaml.org,2002:';
const CORE_TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq']);
const COMPOSE_TAGS = new Set(['!reset', '!override']);
const EMPTY = { kind: 'scalar', text: '', plain: true } as const;

/**
 * The library's nodes -> our plain tree; recursion is bounded by the depth scanned before.
 * `unended`: where the file ends, if its last line does not.
 */
export function buildTree(contents: ParsedNode | null, unended: number): BuiltTree {
  const build: Build = { anchors: new Map(), faults: [], strictFaults: [], unended, size: 0 };
  const root = contents ? buildNode(build, contents) : undefined;
  const { faults, strictFaults } = build;
  return { faults, strictFaults, ...(root && { root }) };
}

function buildNode(build: Build, node: ParsedNode): YamlNode {
  const at = node.range[0];
  if (isAlias(node)) return resolveAlias(build, node.source, at);
  const before = build.size;
  count(build, 1, at);
  const tag = readTag(build, node.tag, at);
  const built: YamlNode = { ...buildValue(build, node, at), ...(tag && { tag }) };
  if (node.anchor) build.anchors.set(node.anchor, { node: built, size: build.size - before });
  return built;
}

function buildValue(build: Build, node: ParsedNode, at: number) {
  if (isMap(node)) return buildMap(build, node.items, at);
  if (isSeq(node)) {
    const items: YamlNode[] = [];
    for (const item of node.items) {
      items.push(item ? buildNode(build, item as ParsedNode) : { ...EMPTY, at });
      if (build.faults.length > 0) break;
    }
    return { kind: 'seq', at, items } as const;
  }
  return buildScalar(build, node as Scalar.Parsed, at);
}

function buildScalar({ unended }: Build, node: Scalar.Parsed, at: number) {
  const value = typeof node.value === 'string' ? node.value : (node.source ?? '');
  // The library ends the last line of a block even where the file does not.
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  const text = isBlock && node.range[1] === unended ? value.replace(/\n$/, '') : value;
  return { kind: 'scalar', at, text, plain: node.type === 'PLAIN' } as const;
}

function buildMap(build: Build, pairs: readonly unknown[], at: number): YamlMap {
  const entries = new Map<string, YamlEntry>();
  for (const pair of pairs as readonly { key: ParsedNode | null; value: ParsedNode | null }[]) {
    const key = readKey(build, pair.key, at);
    if (key === undefined) continue;
    const keyAt = pair.key?.range[0] ?? at;
    const keyPlain = isScalar(pair.key) && pair.key.type === 'PLAIN';
    const earlier = entries.get(key);
    if (earlier) build.faults.push(duplicate(key, keyAt, earlier.keyAt));
    const value = pair.value ? buildNode(build, pair.value) : { ...EMPTY, at: keyAt };
    entries.set(key, { keyAt, keyPlain, value });
    if (build.faults.length >= 20 || build.size > YAML_LIMITS.expandedNodes) break;
  }
  return { kind: 'map', at, entries };
}

function readKey(build: Build, node: ParsedNode | null, mapAt: number): string | undefined {
  const at = node?.range[0] ?? mapAt;
  const scalar = isAlias(node) ? build.anchors.get(node.source)?.node : undefined;
  const key = isScalar(node) ? buildScalar(build, node as Scalar.Parsed, at) : scalar;
  if (key?.kind !== 'scalar') {
    const message = 'a key must be a simple text';
    const hint = 'put it in quotes if it begins with { or [';
    build.faults.push({ code: 'E_YAML_KEY', at, message, hint });
    return undefined;
  }
  if (isScalar(node)) readTag(build, node.tag, at);
  if (isForbiddenKey(key.text)) {
    const message = `the key ${JSON.stringify(key.text)} is not allowed`;
    build.faults.push({ code: 'E_YAML_KEY', at, message, hint: 'choose another name' });
    return undefined;
  }
  if (key.text === '<<' && key.plain) {
    const message = 'merge keys (<<) are for Compose files, not for manifests';
    build.strictFaults.push({ code: 'E_YAML_MERGE', at, message, hint: 'write the keys out' });
  }
  return key.text;
}

/** The second key stands at the fault's place; the message is completed with the first one's line. */
function duplicate(key: string, at: number, earlierAt: number): Fault {
  const message = `the key ${JSON.stringify(key)} stands here for the second time`;
  const hint = 'remove one of the two';
  return { code: 'E_YAML_DUPLICATE_KEY', at, message, hint, relatedAt: earlierAt };
}

function resolveAlias(build: Build, name: string, at: number): YamlNode {
  const anchor = build.anchors.get(name);
  if (!anchor) {
    const message = `the alias *${name} names no anchor before it`;
    const hint = 'put it in quotes if a text is meant';
    build.faults.push({ code: 'E_YAML_ALIAS', at, message, hint });
    return { ...EMPTY, at };
  }
  count(build, anchor.size, at);
  return anchor.node;
}

function count(build: Build, nodes: number, at: number): void {
  const within = build.size <= YAML_LIMITS.expandedNodes;
  build.size += nodes;
  if (!within || build.size <= YAML_LIMITS.expandedNodes) return;
  const code = nodes > 1 ? 'E_YAML_ALIAS' : 'E_YAML_SIZE';
  const message = `more than ${YAML_LIMITS.expandedNodes} values in one file, aliases expanded`;
  build.faults.push({ code, at, message, hint: TOO_MUCH_HINT });
}

function readTag(build: Build, tag: string | undefined, at: number): string | undefined {
  if (tag === undefined || tag === '') return undefined;
  if (tag.startsWith(CORE_TAG) && CORE_TAGS.has(tag.slice(CORE_TAG.length))) {
    return `!!${tag.slice(CORE_TAG.length)}`;
  }
  if (tag === `${CORE_TAG}merge`) return undefined;
  const shown = tag.startsWith(CORE_TAG) ? `!!${tag.slice(CORE_TAG.length)}` : tag;
  const hint = 'remove it, or put the value in quotes if a text is meant';
  const fault: Fault = { code: 'E_YAML_TAG', at, message: `the tag ${shown} is not allowed`, hint };
  if (!COMPOSE_TAGS.has(tag)) {
    build.faults.push(fault);
    return undefined;
  }
  build.strictFaults.push(fault);
  return tag;
}
