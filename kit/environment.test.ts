import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { detachEnvironment } from './environment.ts';

it('keeps what the environment says, also for the programs that are started', () => {
  process.env['SKEP_TEST_DETACHED'] = 'kept';
  detachEnvironment();
  expect(process.env['SKEP_TEST_DETACHED']).toBe('kept');
  const { stdout } = spawnSync('sh', ['-c', 'echo $SKEP_TEST_DETACHED'], { encoding: 'utf8' });
  expect(stdout.trim()).toBe('kept');
});
