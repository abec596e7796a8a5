/** One entry of a tar archive: a file with content, or a symbolic link. */
export interface TarEntry {
  readonly path: string;
  readonly content?: Uint8Array;
  readonly mode?: number;
  readonly link?: string;
  readonly folder?: boolean;
}

const BLOCK = 512;

/** A ustar archive. Paths are at most 100 bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? []);
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(entry, content.length), content, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
  block.write(entry.path, 0, 100);
  octal(entry.mode ?? 0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(' '.repeat(8), 148);
  block.write(kindOf(entry), 156);
  block.write(entry.link ?? '', 157, 100);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function kindOf(entry: TarEntry): string {
  if (entry.folder) return '5';
  return entry.link === undefined ? '0' : '2';
}
