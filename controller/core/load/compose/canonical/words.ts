import { type ComposeNode, scalarAt, seqAt } from '../node.ts';
import { nullable, type Reader, readItems, text, wrongType } from './readers.ts';

/** `command`, `entrypoint`: a text is split as a POSIX shell does, without expanding anything. */
export const words: Reader = nullable((reading, node, path) => {
  if (node.kind === 'seq') return seqAt(node, readItems(reading, node.items, path, text));
  if (node.kind === 'scalar' && node.value === null) return node;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    return wrongType(reading, node, path, 'a text or a list of texts');
  }
  const split = splitWords(node.value);
  if (!split) return reading.at('E_COMPOSE_VALUE', node, path, 'a quote without its end');
  return seqAt(node, textNodes(node, split));
});

/** `healthcheck.test`: a text runs in the image's shell. */
export const healthTest: Reader = (reading, node, path) => {
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    return seqAt(node, textNodes(node, ['CMD-SHELL', node.value]));
  }
  if (node.kind !== 'seq') return wrongType(reading, node, path, 'a text or a list of texts');
  const items = readItems(reading, node.items, path, text);
  const first = items[0]?.kind === 'scalar' ? items[0].value : undefined;
  if (items.length > 0 && first !== 'NONE' && first !== 'CMD' && first !== 'CMD-SHELL') {
    const message = 'the first item must be NONE, CMD or CMD-SHELL';
    return reading.at('E_COMPOSE_VALUE', node, path, message);
  }
  return seqAt(node, items);
};

const textNodes = (node: ComposeNode, texts: readonly string[]): ComposeNode[] =>
  texts.map((one) => scalarAt(node, one));

/** Undefined where a quote or a backslash is left open. */
export function splitWords(line: string): string[] | undefined {
  const found: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (quote === "'") {
      if (character === "'") quote = '';
      else word += character;
    } else if (character === '\\') {
      const next = line[at + 1];
      if (next === undefined) return undefined;
      const literal = quote === '"' && !'"\\$`\n'.includes(next);
      word = (word ?? '') + (literal ? character : '') + next;
      at += 1;
    } else if (quote === '"') {
      if (character === '"') quote = '';
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== '') return undefined;
  if (word !== undefined) found.push(word);
  return found;
}
