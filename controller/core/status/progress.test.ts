import { expect, it } from 'vitest';
import type { AwaitedState } from '../../../schemas/domain/index.ts';
import { APP } from '../../testing/builders.ts';
import { type Progress, renderProgress } from './progress.ts';

const common = { id: '', cause: '', reason: 'change', dependsOn: [] } as const;
const container = (resource: string, until: AwaitedState) =>
  ({ ...common, kind: 'await-container', target: resource, resource, until }) as const;
const app = { ...common, kind: 'await-app', app: APP, resource: APP } as const;

it.each<[Progress['waiting'], string]>([
  [[container('shop-web-1', 'ready')], 'shop-web-1 is ready'],
  [[container('shop-db-1', 'started'), app], 'shop-db-1 has started, app default/shop is ready'],
  [[container('shop-job-1', 'completed')], 'shop-job-1 has completed'],
  [
    ['1', '2', '3', '4', '5'].map((number) => container(`web-${number}`, 'ready')),
    'web-1 is ready, web-2 is ready, web-3 is ready, 2 more',
  ],
])('says how far a rollout is and what it waits for: %#', (waiting, expected) => {
  const text = renderProgress({ step: 7, steps: 14, waiting });
  expect(text).toBe(`step 7 of 14: waiting until ${expected}`);
});
