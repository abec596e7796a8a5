import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchAnswer, BatchParser } from './batch-parser.ts';

const ID = 'a'.repeat(40);

function parse(stream: Uint8Array, cuts: readonly number[]): BatchAnswer[] {
  const answers: BatchAnswer[] = [];
  const parser = new BatchParser(true, (answer) => answers.push(answer));
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, stream.length]) {
    parser.push(stream.subarray(from, place));
    from = place;
  }
  return answers;
}

describe('answers of cat-file --batch', () => {
  it('come out the same wherever the stream is cut', () => {
    const contents = fc.array(fc.option(fc.uint8Array({ maxLength: 40 })), { maxLength: 8 });
    fc.assert(
      fc.property(contents, fc.array(fc.nat(), { maxLength: 20 }), (wanted, cuts) => {
        const stream = Buffer.concat(
          wanted.map((content) =>
            content === null
              ? Buffer.from(`${ID} missing\n`)
              : Buffer.concat([
                  Buffer.from(`${ID} blob ${content.length}\n`),
                  content,
                  Buffer.from('\n'),
                ]),
          ),
        );
        const found = parse(stream, cuts).map((answer) =>
          answer.found ? [...answer.content] : null,
        );
        expect(found).toEqual(wanted.map((content) => (content === null ? null : [...content])));
      }),
    );
  });

  it.each(['nonsense\n', `${ID} blob x\n`, `${ID} blob\n`, `${'x'.repeat(10_000)}`])(
    'are refused when git would not write them: %.20s',
    (text) => {
      expect(() => parse(Buffer.from(text), [])).toThrow(/cat-file/);
    },
  );

  it('say missing for an ambiguous name', () => {
    expect(parse(Buffer.from('abc ambiguous\n'), [])).toEqual([{ found: false }]);
  });

  it('carry headers alone where no content was asked for', () => {
    const answers: BatchAnswer[] = [];
    const parser = new BatchParser(false, (answer) => answers.push(answer));
    parser.push(Buffer.from(`${ID} tree 7\n${ID} blob 9\n`));
    expect(answers).toMatchObject([
      { type: 'tree', size: 7 },
      { type: 'blob', size: 9 },
    ]);
  });
});
