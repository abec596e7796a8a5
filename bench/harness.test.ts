import { describe, expect, it } from 'vitest';
import { passes, quantile, renderFigures, samplesOf } from './harness.ts';

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe('figures', () => {
  it('are quantiles of all samples, in any order', () => {
    expect([0.5, 0.95, 1].map((share) => quantile(hundred, share))).toEqual([50, 95, 100]);
    expect(quantile([7], 0.95)).toBe(7);
    expect(() => quantile([], 0.5)).toThrow('no samples');
  });

  it('pass at their limit and fail above it', () => {
    const figure = { name: 'x', samples: hundred, unit: 'ms', limit: 95 } as const;
    expect([passes(figure), passes({ ...figure, limit: 94 })]).toEqual([true, false]);
    expect(passes({ ...figure, limit: 50, judged: 'p50' })).toBe(true);
    expect(passes({ name: 'x', samples: [1e9], unit: 'ms' })).toBe(true);
  });

  it('are printed in columns with their limit and verdict', () => {
    const text = renderFigures([
      { name: 'push to mutation', samples: hundred, unit: 'ms', limit: 300 },
      { name: 'idle', samples: [1.5], unit: '%', limit: 1 },
      { name: 'told', samples: [2], unit: 's' },
    ]);
    expect(text).toBe(
      [
        '                      p50      p95         limit',
        'push to mutation  50.0 ms  95.0 ms  p95 ≤ 300 ms    ok',
        'idle               1.50 %                  ≤ 1 %  over',
        'told               2.00 s',
      ].join('\n'),
    );
  });

  it('say why they could not be measured, and do not fail for it', () => {
    const lacking = { name: 'x', samples: [], unit: '×', limit: 1, lacking: 'no engine' } as const;
    expect(renderFigures([lacking])).toContain('≤ 1 ×  not measured: no engine');
    expect(passes(lacking)).toBe(true);
  });

  it('leave warm-up runs out', async () => {
    expect(await samplesOf(2, async (index) => index, 3)).toEqual([3, 4]);
  });
});
