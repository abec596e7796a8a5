import { isUtf8 } from 'node:buffer';

/** One entry of a tree object. */
export interface RawTreeEntry {
  /** As `ls-tree` prints it: `040000` (tree), `100644`, `100755`, `120000`, `160000`. */
  readonly mode: string;
  readonly id: string;
  readonly name: string;
  /** The name is not UTF-8; `name` holds U+FFFD in its place. */
  readonly lossy: boolean;
}

export const TREE_MODE = '040000';
export const SUBMODULE_MODE = '160000';

/**
 * Reads a tree object: `<mode> <name> NUL <id>`, over and over.
 * @param idBytes 20 for SHA-1, 32 for SHA-256.
 * @throws Error when it is none, or holds a name that is no single name.
 */
export function parseTree(content: Uint8Array, idBytes: number): readonly RawTreeEntry[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const entries: RawTreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const nul = bytes.indexOf(0, space);
    const end = nul + 1 + idBytes;
    if (space < 0 || nul < 0 || end > bytes.length) throw new Error('a tree is cut off');
    entries.push({
      mode: canonicalMode(bytes.toString('latin1', at, space)),
      id: bytes.toString('hex', nul + 1, end),
      ...decodedName(bytes.subarray(space + 1, nul)),
    });
    at = end;
  }
  return entries;
}

/** Old tools wrote modes such as 100664; git reads them as one of the five. */
function canonicalMode(text: string): string {
  if (!/^[0-7]{5,6}$/.test(text)) throw new Error('a tree holds an impossible mode');
  const mode = Number.parseInt(text, 8);
  const kind = mode & 0o170000;
  if (kind === 0o100000) return (mode & 0o100) === 0 ? '100644' : '100755';
  if (kind === 0o120000) return '120000';
  return kind === 0o040000 ? TREE_MODE : SUBMODULE_MODE;
}

function decodedName(bytes: Buffer): { name: string; lossy: boolean } {
  if (bytes.length === 0 || bytes.includes(47)) throw new Error('a tree holds an impossible name');
  return { name: bytes.toString('utf8'), lossy: !isUtf8(bytes) };
}
