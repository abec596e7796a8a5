import type { ComposeNode } from '../node.ts';
import { scalarAt, seqAt } from '../node.ts';
import { type Reader, readItems, text, wrongType } from './readers.ts';

/** `command`, `entrypoint`: a text is split into words; nothing in it is expanded. */
export const words: Reader = (reading, node, path) => {
  if (node.kind === 'seq') return seqAt(node, readItems(reading, node.items, path, text));
  if (node.kind === 'scalar' && node.value === null) return node;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    return wrongType(reading, node, path, 'a text or a list of texts');
  }
  const split = splitWords(node.value);
  if (!split) {
    const message = 'a quote, backquote, bracket or backslash without its end';
    return reading.at('E_COMPOSE_VALUE', node, path, message);
  }
  if (split.rest !== undefined) {
    const message = `Compose leaves out everything from ${JSON.stringify(split.rest)} on`;
    const hint = 'no shell reads this text: write ["sh", "-c", "…"]';
    reading.at('W_COMMAND_CUT', node, path, message, hint);
  }
  return seqAt(node, textNodes(node, split.words));
};

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

export interface SplitWords {
  readonly words: readonly string[];
  /** What follows an operator of the shell, which Compose does not look at. */
  readonly rest?: string;
}

interface Splitting {
  readonly words: string[];
  word: string | undefined;
  /** The sign that ends what is open: a quote, a backquote or `)`; `''` = nothing is. */
  until: string;
}

/**
 * Words as Compose's shell-words library splits them: quotes, backslashes, and `$(…)` and
 * backquotes kept as they are. Undefined where something is left open.
 */
export function splitWords(line: string): SplitWords | undefined {
  const splitting: Splitting = { words: [], word: undefined, until: '' };
  let at = 0;
  while (at < line.length && !isOperator(splitting, line[at])) {
    const used = seeNext(splitting, line, at);
    if (used === 0) return undefined;
    at += used;
  }
  if (splitting.until !== '') return undefined;
  const rest = line.slice(at);
  // `2>file`: the number goes with the sign.
  if (rest.startsWith('>') && /^[0-9]/.test(splitting.word ?? '')) splitting.word = undefined;
  endWord(splitting);
  return { words: splitting.words, ...(rest !== '' && { rest }) };
}

/** A sign of the shell: the library reads no further. */
const isOperator = (splitting: Splitting, sign: string | undefined): boolean =>
  splitting.until === '' && sign !== undefined && /[;&|<>]/.test(sign);

/** Characters used up; 0 where they cannot stand there. */
function seeNext(splitting: Splitting, line: string, at: number): number {
  const sign = line[at] ?? '';
  if (sign !== '\\' || splitting.until === "'") return seeSign(splitting, sign) ? 1 : 0;
  const next = line[at + 1];
  if (next === undefined) return 0;
  add(splitting, next);
  return 2;
}

/** False where the sign cannot stand there. */
function seeSign(splitting: Splitting, sign: string): boolean {
  const { until } = splitting;
  if (until !== '') {
    const ends = sign === until;
    if (ends) splitting.until = '';
    if (!ends || (until !== '"' && until !== "'")) add(splitting, sign);
    return true;
  }
  if (/\s/.test(sign)) endWord(splitting);
  else if (sign === '"' || sign === "'") {
    splitting.until = sign;
    add(splitting, '');
  } else return seeBracket(splitting, sign);
  return true;
}

function seeBracket(splitting: Splitting, sign: string): boolean {
  if (sign === ')') return false;
  if (sign === '(' && !splitting.word?.endsWith('$')) return false;
  if (sign === '(') splitting.until = ')';
  if (sign === '`') splitting.until = '`';
  add(splitting, sign);
  return true;
}

function add(splitting: Splitting, text: string): void {
  splitting.word = (splitting.word ?? '') + text;
}

function endWord(splitting: Splitting): void {
  if (splitting.word !== undefined) splitting.words.push(splitting.word);
  splitting.word = undefined;
}
