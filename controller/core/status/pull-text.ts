import { compareText } from '../../../schemas/domain/index.ts';

export interface PullState {
  readonly doneBytes: number;
  /** 0 = not told yet. */
  readonly totalBytes: number;
}

const MB = 1_000_000;

/** How far the pulls of a unit are, for people: `pulling a:1 (12.3 of 80.1 MB), b:2`. */
export function pullText(pulls: ReadonlyMap<string, PullState>): string {
  const texts = [...pulls]
    .sort(([a], [b]) => compareText(a, b))
    .map(([reference, { doneBytes, totalBytes }]) =>
      totalBytes > 0
        ? `${reference} (${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB)`
        : reference,
    );
  return `pulling ${texts.join(', ')}`;
}

const megabytes = (bytes: number): string => (bytes / MB).toFixed(1);
