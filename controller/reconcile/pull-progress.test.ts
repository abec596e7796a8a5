import { expect, it } from 'vitest';
import type { UnitStatus } from '../../schemas/domain/index.ts';
import { aModel } from '../testing/builders.ts';
import { PassFixture } from '../testing/pass-fixture.ts';

const MB = 1_000_000;

it('shows how far pulls are: in the status every 2 s, as events every 10 s, and no more', async () => {
  const unit = new PassFixture(aModel({ web: {} }));
  unit.engine.images.clear();
  const seen: string[] = [];
  const put = unit.store.putUnit;
  unit.store.putUnit = async (status: UnitStatus) => {
    const [ready] = status.conditions;
    if (ready?.reason === 'Pulling') seen.push(ready.message);
    await put(status);
  };
  unit.during = (operation, tell) => {
    if (operation.kind !== 'pull-image') return;
    for (let step = 0; step <= 100; step += 1) {
      unit.engine.nowMs += 250;
      tell?.({ text: 'layer', doneBytes: step * MB, totalBytes: 100 * MB });
    }
  };
  await unit.converge();
  expect(seen.slice(1)).toHaveLength(12);
  expect(seen[1]).toBe('pulling web:1 (7.0 of 100.0 MB)');
  const events = unit.store.events.filter(({ type }) => type === 'operation');
  expect(events.map(({ message }) => message)).toEqual([
    'pulling web:1 (39.0 of 100.0 MB)',
    'pulling web:1 (79.0 of 100.0 MB)',
  ]);
  expect(events[0]?.data).toEqual({ doneBytes: 39 * MB, totalBytes: 100 * MB });
});
