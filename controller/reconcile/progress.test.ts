import { expect, it } from 'vitest';
import { type CommitSha, toCommitSha } from '../../schemas/domain/index.ts';
import { aModel } from '../testing/builders.ts';
import { PassFixture } from '../testing/pass-fixture.ts';

const web = (value: string) => ({
  environment: { VALUE: value },
  healthcheck: { test: ['CMD', 'true'] },
  deploy: { replicas: 2, update_config: { order: 'start-first' } },
});
const SHA: CommitSha = toCommitSha('b'.repeat(40));

/** Events about steps, in order. */
const steps = (unit: PassFixture) =>
  unit.store.events.filter(({ type }) => type === 'operation').map(({ message }) => message);

it('a rollout says each of its steps once, and what it waits for', async () => {
  const unit = new PassFixture(aModel({ web: web('one') }));
  await unit.converge();
  unit.change(aModel({ web: web('two') }));
  for (let pass = 0; pass < 8; pass += 1) {
    await unit.run();
    await unit.run();
    unit.engine.settle();
  }
  expect(steps(unit).map((text) => text.replace(/-[0-9a-f]{8}/, ''))).toEqual([
    'default/shop on web-01: step 3 of 12: waiting until shop-web-1 is ready',
    'default/shop on web-01: step 9 of 12: waiting until shop-web-2 is ready',
  ]);
  const [event] = unit.store.events.filter(({ type }) => type === 'operation');
  expect(event).toMatchObject({ data: { step: 3, services: ['web'] } });
});

it('the revision says so too, for who waits for it', async () => {
  const unit = new PassFixture(aModel({ web: web('one') }));
  await unit.converge();
  unit.change(aModel({ web: web('two') }));
  await unit.track(SHA);
  await unit.run();
  expect(unit.store.revisions.get(SHA)?.apps).toMatchObject([
    { state: 'progressing', message: expect.stringMatching(/^step 3 of \d+: waiting until/) },
  ]);
  unit.engine.settle();
  await unit.converge();
  expect(unit.store.revisions.get(SHA)).toMatchObject({ state: 'applied' });
});
