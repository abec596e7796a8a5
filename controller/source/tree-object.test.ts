import { describe, expect, it } from 'vitest';
import { parseTree } from './tree-object.ts';

const ID = '0123456789abcdef0123456789abcdef01234567';

const entry = (mode: string, name: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`${mode} `),
    Buffer.from(name),
    Buffer.from([0]),
    Buffer.from(ID, 'hex'),
  ]);

describe('a tree object', () => {
  it('keeps any name as it is: line feeds, tabs, escapes, blanks', () => {
    const name = ' odd\n\t\u001b[31m name';
    expect(parseTree(entry('100644', name), 20)).toEqual([
      { mode: '100644', id: ID, name, lossy: false },
    ]);
  });

  it('marks a name that is not UTF-8', () => {
    const [found] = parseTree(entry('100644', Buffer.from([0x63, 0xe9])), 20);
    expect(found).toMatchObject({ name: 'c\ufffd', lossy: true });
  });

  it.each([
    ['40000', '040000'],
    ['100644', '100644'],
    ['100664', '100644'],
    ['100755', '100755'],
    ['100700', '100755'],
    ['120000', '120000'],
    ['160000', '160000'],
  ])('reads mode %s as %s, as git does', (written, mode) => {
    expect(parseTree(entry(written, 'a'), 20)).toMatchObject([{ mode }]);
  });

  it.each([
    ['cut off within an id', entry('100644', 'a').subarray(0, -1)],
    ['cut off within a name', Buffer.from('100644 abc')],
    ['without a mode', Buffer.from('abc')],
    ['with a path for a name', entry('100644', 'a/b')],
    ['without a name', entry('100644', '')],
    ['with a mode that is none', entry('9', 'a')],
  ])('is refused %s', (_what, content) => {
    expect(() => parseTree(content, 20)).toThrow(/a tree/);
  });
});
