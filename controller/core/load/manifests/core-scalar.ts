import type { YamlNode, YamlScalar } from '../yaml/node.ts';

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES = new Set(['true', 'True', 'TRUE']);
const FALSES = new Set(['false', 'False', 'FALSE']);
const NUMBER = /^[-+]?(?:0|[1-9][0-9]*|(?:0|[1-9][0-9]*)?\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/;

/**
 * A scalar of a manifest by the YAML 1.2 core schema, but for numbers that would silently become
 * another one (`0644`, twenty digits): those stay texts, and a field that wants a number says so.
 */
export function coreValue(scalar: YamlScalar): string | number | boolean | null {
  const { text } = scalar;
  if (!scalar.plain || scalar.tag === '!!str') return text;
  if (NULLS.has(text)) return null;
  if (TRUES.has(text)) return true;
  if (FALSES.has(text)) return false;
  if (!NUMBER.test(text)) return text;
  const number = Number(text);
  const exact =
    Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
  return exact ? number : text;
}

/** A tree as plain data. Keys were checked when the tree was built. */
export function toPlain(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return coreValue(node);
    case 'seq':
      return node.items.map(toPlain);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, toPlain(value)]));
  }
}

/** A map of texts, each as it was written (`1.10` stays `1.10`); anything else in it is left out. */
export function textMap(node: YamlNode | undefined): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (node?.kind !== 'map') return texts;
  for (const [key, { value }] of node.entries) {
    if (value.kind === 'scalar') texts.set(key, value.text);
  }
  return texts;
}
