/** One line of a benchmark's answer: what was measured, and the limit it is held against. */
export interface Figure {
  readonly name: string;
  /** One value for each repetition, none where `lacking`; a single one is its own p50 and p95. */
  readonly samples: readonly number[];
  readonly unit: 'ms' | 's' | '%' | '×' | 'MiB';
  /** The most that `judged` may be; none = told, not judged. */
  readonly limit?: number;
  readonly judged?: 'p50' | 'p95';
  /** Why it could not be measured here; such a figure is neither ok nor over. */
  readonly lacking?: string;
}

/** The value below or at which that share of the samples lies. @throws Error without samples. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('no samples');
  return value;
}

export function passes(figure: Figure): boolean {
  if (figure.limit === undefined || figure.lacking !== undefined) return true;
  const share = figure.judged === 'p50' ? 0.5 : 0.95;
  return quantile(figure.samples, share) <= figure.limit;
}

/** `name  p50  p95  limit  ok|over` of each figure, in columns. */
export function renderFigures(figures: readonly Figure[]): string {
  const heads = ['', 'p50', 'p95', 'limit', ''];
  const rows = [heads, ...figures.map(columnsOf)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Prints the figures; the process ends with 1 when one is over its limit. */
export function report(figures: readonly Figure[]): void {
  process.stdout.write(`${renderFigures(figures)}\n`);
  if (!figures.every(passes)) process.exitCode = 1;
}

/** Runs `work` once for each number from 0, after `warmUp` runs that do not count. */
export async function samplesOf(
  count: number,
  work: (index: number) => Promise<number>,
  warmUp = 0,
): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let index = 0; index < warmUp + count; index += 1) {
    const value = await work(index);
    if (index >= warmUp) samples.push(value);
  }
  return samples;
}

function columnsOf(figure: Figure): string[] {
  const show = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ${figure.unit}`;
  const { limit, samples, lacking, judged = 'p95' } = figure;
  const most = limit === undefined ? '' : `≤ ${limit} ${figure.unit}`;
  if (lacking !== undefined) return [figure.name, '', '', most, `not measured: ${lacking}`];
  const single = samples.length === 1;
  return [
    figure.name,
    show(quantile(samples, 0.5)),
    single ? '' : show(quantile(samples, 0.95)),
    most && `${single ? '' : `${judged} `}${most}`,
    limit === undefined ? '' : passes(figure) ? 'ok' : 'over',
  ];
}
