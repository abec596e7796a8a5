import { Composer, type Document, Parser } from 'yaml';
import { buildTree } from './build.ts';
import { decodeText } from './decode.ts';
import type { Fault } from './fault.ts';
import { lexYaml } from './lex.ts';
import { TOO_MUCH_HINT, YAML_LIMITS } from './limits.ts';
import { loosenIndents } from './loosen.ts';
import type { YamlNode } from './node.ts';
import { lineStartsOf, offsetOf, placeOf } from './text.ts';

/** Lexemes between two yields of the parser: a few milliseconds of work. */
const SLICE = 4_000;

/** A file's YAML, independent of where the file lies. */
export interface ParsedYaml {
  readonly documents: readonly YamlDocument[];
  /** Where a document without anything in it begins. */
  readonly empty: readonly number[];
  readonly lineStarts: readonly number[];
  /** Non-empty = the file does not parse, and has no documents. */
  readonly faults: readonly Fault[];
  /** What a Compose file may hold and a manifest may not (byte order mark, many aliases). */
  readonly strictFaults: readonly Fault[];
}

export interface YamlDocument {
  readonly at: number;
  readonly root: YamlNode;
  /** What a Compose file may hold and a manifest may not (merge keys, tags). */
  readonly strictFaults: readonly Fault[];
}

/**
 * Parses in slices: yields now and then so that the caller can let other work run. Whatever goes
 * wrong is a fault of this file: one file must not stop the others of its revision.
 */
export function* parseYamlSliced(bytes: Uint8Array): Generator<void, ParsedYaml> {
  try {
    return yield* parseBytes(bytes);
  } catch (error) {
    const message = `cannot be read as YAML: ${String(error)}`;
    return failed('', [{ code: 'E_YAML_SYNTAX', at: 0, message, hint: UNREADABLE_HINT }]);
  }
}

function* parseBytes(bytes: Uint8Array): Generator<void, ParsedYaml> {
  if (bytes.length > YAML_LIMITS.fileBytes) return failed('', [tooLarge()]);
  const decoded = decodeText(bytes);
  const { text } = decoded;
  if (decoded.fault) return failed(text, [decoded.fault]);
  const strict = decoded.byteOrderMark ? [byteOrderMark()] : [];
  const lineStarts = lineStartsOf(text);
  const parsed = yield* parseText(text, lineStarts, strict);
  if (!parsed.faults.some(({ code }) => code === 'E_YAML_SYNTAX')) return parsed;
  const loosened = loosenIndents(text);
  if (!loosened) return parsed;
  const written = placeOf('', lineStarts, parsed.faults[0]?.at ?? 0);
  const unindented = shallowIndent(offsetOf(loosened.lineStarts, written));
  const again = yield* parseText(loosened.text, loosened.lineStarts, [...strict, unindented]);
  return again.faults.length === 0 ? again : parsed;
}

function* parseText(
  text: string,
  lineStarts: readonly number[],
  strict: readonly Fault[],
): Generator<void, ParsedYaml> {
  const fail = (faults: readonly Fault[]): ParsedYaml => ({ ...NOTHING, lineStarts, faults });
  const lexed = yield* lexYaml(text, SLICE);
  if (lexed.fault) return fail([lexed.fault]);
  const tokens = yield* parseLexemes(lexed.lexemes);
  const documents: YamlDocument[] = [];
  const empty: number[] = [];
  for (const document of new Composer(OPTIONS).compose(tokens, false, text.length)) {
    const faults = syntaxFaults(document, text);
    if (faults.length > 0) return fail(faults);
    if (documents.length >= YAML_LIMITS.documents) {
      const message = `more than ${YAML_LIMITS.documents} documents in one file`;
      const [at] = document.range;
      return fail([{ code: 'E_YAML_SIZE', at, message, hint: TOO_MUCH_HINT }]);
    }
    const built = buildTree(document.contents, unended(text));
    if (built.faults.length > 0) return fail(built.faults);
    if (built.root && !isNothing(built.root)) {
      documents.push({ ...built, root: built.root, at: built.root.at });
    } else empty.push(document.range[0]);
    yield;
  }
  const strictFaults = [...strict, ...manyAliases(lexed.aliases)];
  return { documents, empty, lineStarts, faults: [], strictFaults };
}

export function parseYaml(bytes: Uint8Array): ParsedYaml {
  const steps = parseYamlSliced(bytes);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

// Only strings: numbers and booleans are resolved by whoever reads a value, who knows which rules
// hold (YAML 1.2 core in manifests, go-yaml's in Compose files). Duplicate keys are found in
// linear time by buildTree; the library's own search is quadratic.
const OPTIONS = {
  schema: 'failsafe',
  version: '1.2',
  uniqueKeys: false,
  merge: false,
  strict: true,
  logLevel: 'silent',
} as const;

type CstToken = ReturnType<Parser['next']> extends Generator<infer T> ? T : never;

function* parseLexemes(lexemes: readonly string[]): Generator<void, CstToken[]> {
  const parser = new Parser();
  const tokens: CstToken[] = [];
  let count = 0;
  for (const lexeme of lexemes) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    count += 1;
    if (count % SLICE === 0) yield;
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** Offset of the end of a text whose last line has no end of its own; else -1. */
const unended = (text: string): number => (text.endsWith('\n') ? -1 : text.length);

/** Only a comment between two `---`, or less. */
const isNothing = (root: YamlNode): boolean =>
  root.kind === 'scalar' && root.plain && root.text === '';

/** One fault a line: what follows from the first is noise. */
function syntaxFaults(document: Document.Parsed, text: string): Fault[] {
  const faults = new Map<number, Fault>();
  for (const { code, pos, message } of document.errors) {
    const [at] = pos;
    const line = text.lastIndexOf('\n', at - 1);
    // `"text"# comment` is what Compose's YAML library takes.
    const comment = code === 'MISSING_CHAR' && text[at] === '#';
    if (code === 'TAG_RESOLVE_FAILED' || comment || faults.has(line)) continue;
    faults.set(line, { code: 'E_YAML_SYNTAX', at, message });
  }
  return [...faults.values()];
}

function byteOrderMark(): Fault {
  const hint = 'save the file as UTF-8 without a byte order mark';
  return { code: 'E_YAML_ENCODING', at: 0, message: 'a byte order mark', hint };
}

function shallowIndent(at: number): Fault {
  const message = 'a text in quotes or brackets goes on with too little indentation';
  return { code: 'E_YAML_SYNTAX', at, message, hint: 'indent its further lines' };
}

function manyAliases(aliases: number): Fault[] {
  if (aliases <= YAML_LIMITS.manifestAliases) return [];
  const message = `${aliases} aliases; a manifest file may have ${YAML_LIMITS.manifestAliases}`;
  return [{ code: 'E_YAML_ALIAS', at: 0, message, hint: 'write the values out' }];
}

const UNREADABLE_HINT =
  'write it in a plainer way, or name it in .skepignore if it is not for skep';

const NOTHING = { documents: [], empty: [], strictFaults: [] } as const;

function failed(text: string, faults: readonly Fault[]): ParsedYaml {
  return { ...NOTHING, lineStarts: lineStartsOf(text), faults };
}

/** Said of a file by its size alone, before it is read. */
export function tooLarge(): Fault {
  const message = `larger than ${YAML_LIMITS.fileBytes / 1024} KiB`;
  return { code: 'E_YAML_SIZE', at: 0, message, hint: TOO_MUCH_HINT };
}
