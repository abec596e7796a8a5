import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ScanPage, scanPage } from './scan.ts';

const rows = Array.from({ length: 1_300 }, (_, index) => index);
const read = (after: number | null, count: number) =>
  rows.slice((after ?? -1) + 1, (after ?? -1) + 1 + count);

async function walk(limit: number, accept: (row: number) => boolean): Promise<number[][]> {
  const pages: number[][] = [];
  let after: number | null = null;
  do {
    const page: ScanPage<number, number> = await scanPage({
      after,
      limit,
      accept,
      read,
      position: (row: number) => row,
    });
    pages.push([...page.rows]);
    after = page.next;
  } while (after !== null);
  return pages;
}

test('pages together are exactly the accepted rows; all but the last are full', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 1, max: 900 }),
      async (limit, step) => {
        const accept = (row: number) => row % step === 0;
        const pages = await walk(limit, accept);
        expect(pages.flat()).toEqual(rows.filter(accept));
        for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
        expect(pages.at(-1)?.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('refused rows at the end give no page of their own', async () => {
  expect(await walk(3, (row) => row < 3)).toEqual([[0, 1, 2]]);
});
