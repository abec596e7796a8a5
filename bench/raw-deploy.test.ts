import { expect, it } from 'vitest';
import type { RecordedRequest } from '../test/support/recorded-request.ts';
import { rawDeployOf } from './raw-deploy.ts';

const post = (path: string, query = '', body = ''): RecordedRequest => ({
  number: 1,
  atMs: 0,
  method: 'POST',
  path,
  query,
  status: 201,
  body,
});

it('takes a first deploy apart into what bare requests repeat', () => {
  const raw = rawDeployOf([
    post('/networks/create', '', '{"Name":"n"}'),
    post('/containers/create', 'name=a', '{"Image":"i"}'),
    post('/containers/0123/start'),
  ]);
  expect(raw).toEqual({
    networks: ['{"Name":"n"}'],
    containers: [{ name: 'a', body: '{"Image":"i"}' }],
  });
});

it('refuses what bare requests would not repeat, so that equal work is compared', () => {
  expect(() => rawDeployOf([post('/containers/0123/stop')])).toThrow('not part of a first deploy');
  const never = [post('/containers/create', 'name=a', '{}')];
  expect(() => rawDeployOf(never)).toThrow('not every container was started once');
});
