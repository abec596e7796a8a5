import { type Paint, paintWord, plain } from './colour.ts';

const GAP = '  ';

/**
 * Rows in columns under a heading. The last column is cut at `columns`; words with a colour of
 * their own (Healthy, failed) are painted.
 */
export function renderTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  style: { readonly paint: Paint; readonly columns: number },
): string {
  const cells = rows.map((row) => row.map((cell) => plain(cell).replaceAll('\n', ' ')));
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => (row[column] ?? '').length)),
  );
  const last = heading.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
  const room = Math.max(8, style.columns - before);
  const line = (row: readonly string[], painted: (cell: string) => string) =>
    row
      .map((cell, column) => {
        if (column === last) return painted(cut(cell, room));
        return painted(cell) + ' '.repeat((widths[column] ?? 0) - cell.length);
      })
      .join(GAP)
      .trimEnd();
  return [
    line(heading, (cell) => style.paint('bold', cell)),
    ...cells.map((row) => line(row, (cell) => paintWord(style.paint, cell))),
  ].join('\n');
}

const cut = (text: string, room: number): string =>
  text.length > room ? `${text.slice(0, room - 1)}…` : text;
