import { Lexer } from 'yaml';
import type { Fault } from './fault.ts';
import { TOO_MUCH_HINT, YAML_LIMITS } from './limits.ts';

/** The lexer's marks that stand for nothing in the text. */
const DOCUMENT_MODE = '\x02';
const FLOW_ERROR = '\x18';
const SCALAR_NEXT = '\x1F';

export interface Lexed {
  readonly lexemes: readonly string[];
  readonly aliases: number;
  readonly fault?: Fault;
}

interface Scan {
  offset: number;
  lineStart: number;
  /** Columns at which block collections are open, outermost first. */
  readonly columns: number[];
  flow: number;
  /** What comes next may open a block collection. */
  fresh: boolean;
  firstOnLine: boolean;
  aliases: number;
  fault: Fault | undefined;
}

/**
 * Splits text into lexemes and measures nesting and aliases on the way, before the parser, whose
 * recursion grows with the depth, sees any of it. Yields every `slice` lexemes.
 */
export function* lexYaml(text: string, slice: number): Generator<void, Lexed> {
  const lexemes: string[] = [];
  const scan: Scan = {
    offset: 0,
    lineStart: 0,
    columns: [],
    flow: 0,
    fresh: true,
    firstOnLine: true,
    aliases: 0,
    fault: undefined,
  };
  let scalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes.push(lexeme);
    if (scalar) {
      scalar = false;
      seeToken(scan, lexeme, 'scalar');
    } else if (lexeme === SCALAR_NEXT) scalar = true;
    else if (lexeme !== DOCUMENT_MODE && lexeme !== FLOW_ERROR) {
      seeToken(scan, lexeme, lexeme[0] ?? '\n');
    }
    if (scan.fault) break;
    if (lexemes.length % slice === 0) yield;
  }
  const { aliases, fault } = scan;
  return { lexemes, aliases, ...(fault && { fault }) };
}

function seeToken(scan: Scan, lexeme: string, kind: string): void {
  if (kind === '\n' || kind === '\r') {
    scan.lineStart = scan.offset + lexeme.length;
    scan.fresh = true;
    scan.firstOnLine = true;
  } else if (kind === ' ' || kind === '\t') seeBlanks(scan, lexeme);
  else if (kind !== '#') {
    seeContent(scan, lexeme, kind);
    scan.firstOnLine = false;
  }
  scan.offset += lexeme.length;
  if (kind === 'scalar' && lexeme.endsWith('\n')) {
    scan.lineStart = scan.offset;
    scan.fresh = true;
    scan.firstOnLine = true;
  }
}

/** Outside of brackets a tab indents nothing, neither a line nor what a dash begins. */
function seeBlanks(scan: Scan, lexeme: string): void {
  if (scan.flow > 0 || !scan.fresh || !lexeme.includes('\t')) return;
  const message = 'Tabs are not allowed as indentation';
  scan.fault = { code: 'E_YAML_SYNTAX', at: scan.offset, message };
}

function seeContent(scan: Scan, lexeme: string, kind: string): void {
  switch (kind) {
    case '%':
      scan.fault = {
        ...fault(scan, 'E_YAML_DIRECTIVE', `the directive ${lexeme} is not allowed`),
        hint: 'remove the line: YAML 1.2 is what is read',
      };
      return;
    case '*':
      scan.aliases += 1;
      if (scan.aliases > YAML_LIMITS.composeAliases) {
        const message = `more than ${YAML_LIMITS.composeAliases} aliases in one file`;
        scan.fault = fault(scan, 'E_YAML_ALIAS', message);
      }
      break;
    case '[':
    case '{':
      scan.flow += 1;
      break;
    case ']':
    case '}':
      scan.flow = Math.max(0, scan.flow - 1);
      return;
  }
  if (lexeme === '---') scan.columns.length = 0;
  else if (scan.flow === 0 || scan.fresh) openBlock(scan, lexeme);
  if (scan.columns.length + scan.flow > YAML_LIMITS.depth) {
    const message = `nested deeper than ${YAML_LIMITS.depth} levels`;
    scan.fault = fault(scan, 'E_YAML_DEPTH', message);
  }
}

function openBlock(scan: Scan, lexeme: string): void {
  const column = scan.offset - scan.lineStart;
  const { columns } = scan;
  if (scan.firstOnLine && scan.flow === 0) {
    while (columns.length > 0 && (columns.at(-1) ?? 0) > column) columns.pop();
  }
  if (scan.fresh && scan.flow === 0 && column > (columns.at(-1) ?? -1)) columns.push(column);
  const indicator = lexeme === '-' || lexeme === '?' || (lexeme === ':' && scan.firstOnLine);
  scan.fresh = indicator;
}

function fault(scan: Scan, code: Fault['code'], message: string): Fault {
  return { code, at: scan.offset, message, hint: TOO_MUCH_HINT };
}
