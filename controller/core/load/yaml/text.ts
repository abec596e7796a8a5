import type { Place } from '../../../../schemas/domain/index.ts';

/** Offsets of the first character of each line. */
export function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Lines and columns count from 1; columns in UTF-16 code units. */
export function placeOf(file: string, lineStarts: readonly number[], at: number): Place {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return { file, line: low + 1, column: at - (lineStarts[low] ?? 0) + 1 };
}

/** The other way round. */
export const offsetOf = (
  lineStarts: readonly number[],
  { line, column }: Pick<Place, 'line' | 'column'>,
): number => (lineStarts[line - 1] ?? 0) + column - 1;
