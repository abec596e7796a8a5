import { isForbiddenKey } from '../../yaml/limits.ts';
import {
  type ComposeEntry,
  type ComposeNode,
  type ComposeSeq,
  entryAt,
  isNull,
  mapAt,
  scalarAt,
} from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';
import { keepTag, mapOf, type Reader, text, wrongType } from './readers.ts';
import { scalarText } from './scalars.ts';

export interface KeyValueOptions {
  /** What a name without a value has. */
  readonly bare: 'null' | 'empty';
  /** Compose refuses a blank before `=` in the list form. */
  readonly noBlank?: boolean;
}

/** A list of `KEY=value`, or a map; the map is what comes out. */
export function keyValues(options: KeyValueOptions): Reader {
  return (reading, node, path) => {
    if (node.kind === 'seq') return keyValueList(reading, node, path, options);
    if (node.kind !== 'map') return wrongType(reading, node, path, 'a mapping or a list');
    const entries = new Map<string, ComposeEntry>();
    for (const [key, entry] of node.entries) {
      const value = mapValue(reading, entry.value, joinPath(path, key), options);
      if (value) entries.set(key, { ...entry, value: keepTag(entry.value, value) });
    }
    return mapAt(node, entries);
  };
}

export const labels: Reader = keyValues({ bare: 'empty' });
export const variables: Reader = keyValues({ bare: 'null', noBlank: true });

function mapValue(
  reading: Reading,
  node: ComposeNode,
  path: string,
  { bare }: KeyValueOptions,
): ComposeNode | undefined {
  if (node.tag === '!reset') return node;
  if (node.kind !== 'scalar') {
    return wrongType(reading, node, path, 'a text, a number, true, false or empty');
  }
  if (node.value === null && bare === 'empty') return scalarAt(node, '');
  return scalarText(reading, node, path);
}

function keyValueList(
  reading: Reading,
  list: ComposeSeq,
  path: string,
  { bare, noBlank }: KeyValueOptions,
): ComposeNode {
  const entries = new Map<string, ComposeEntry>();
  for (const [index, item] of list.items.entries()) {
    const at = joinPath(path, index);
    const found = text(reading, item, at);
    if (found?.kind !== 'scalar') continue;
    const written = String(found.value);
    const equals = written.indexOf('=');
    const key = equals < 0 ? written : written.slice(0, equals);
    if (isRefusedKey(reading, item, at, key)) continue;
    if (noBlank && /\s$/.test(key)) {
      const message = `the name ${JSON.stringify(key)} ends in a blank`;
      reading.at('E_COMPOSE_VALUE', item, at, message);
      continue;
    }
    const none = bare === 'null' ? null : '';
    const value = equals < 0 ? none : written.slice(equals + 1);
    entries.set(key, entryAt(item, scalarAt(item, value)));
  }
  return mapAt(list, entries);
}

/** Names that every JavaScript object has. */
export function isRefusedKey(
  reading: Reading,
  node: ComposeNode,
  path: string,
  key: string,
): boolean {
  if (!isForbiddenKey(key)) return false;
  reading.at('E_YAML_KEY', node, path, `the key ${JSON.stringify(key)} is not allowed`);
  return true;
}

const optionText: Reader = (reading, node, path) => {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    return wrongType(reading, node, path, 'a text or a number');
  }
  return scalarAt(node, node.shown ?? node.text);
};

/** Options that are handed on as texts. */
export const optionTexts: Reader = mapOf(optionText);

/** The same, where nothing said is an empty text. */
export const logOptions: Reader = mapOf((reading, node, path) =>
  isNull(node) ? scalarAt(node, '') : optionText(reading, node, path),
);

/** Like `optionTexts`, but a number must be a whole one. */
export const wholeTexts: Reader = mapOf((reading, node, path) => {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (value === null) return scalarAt(node, '');
  const fits = typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value));
  if (!fits) return wrongType(reading, node, path, 'a text or a whole number');
  return scalarAt(node, String(value));
});
