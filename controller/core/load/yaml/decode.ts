import type { Fault } from './fault.ts';

const BOM = '\uFEFF';
// Control characters that YAML does not allow in a stream; a CR only before a LF.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters refused.
const REFUSED = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F\uFFFE\uFFFF]|\r(?!\n)/;

export interface Decoded {
  /** Without a byte order mark. */
  readonly text: string;
  /** Of the first fault: nothing after it is looked at. */
  readonly fault?: Fault;
  readonly byteOrderMark: boolean;
}

/** Bytes of a repository file -> text. UTF-8 only. */
export function decodeText(bytes: Uint8Array): Decoded {
  if (isUtf16(bytes)) return faulty('', 0, 'the file is UTF-16');
  const raw = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const byteOrderMark = raw.startsWith(BOM);
  const text = byteOrderMark ? raw.slice(1) : raw;
  const replaced = text.indexOf('\uFFFD');
  if (replaced >= 0 && !isValidUtf8(bytes)) return faulty(text, replaced, 'not valid UTF-8');
  const refused = REFUSED.exec(text);
  if (refused) return faulty(text, refused.index, `${describe(refused[0])} is not allowed`);
  return { text, byteOrderMark };
}

function faulty(text: string, at: number, message: string): Decoded {
  const hint = 'save the file as UTF-8 with LF line ends';
  return { text, byteOrderMark: false, fault: { code: 'E_YAML_ENCODING', at, message, hint } };
}

function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function isValidUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function describe(character: string): string {
  if (character === '\r') return 'a lone carriage return';
  return `the character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
