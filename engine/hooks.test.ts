import { expect, it } from 'vitest';
import { containerHooks } from './hooks.ts';

it('runs what a service says after its start, as Compose does', () => {
  const whole = {
    command: ['./seed', '--all'],
    user: 'root',
    privileged: true,
    working_dir: '/srv',
    environment: { A: '1', B: null },
  };
  expect(containerHooks([{ command: ['true'], user: '', environment: {} }, whole])).toEqual([
    { argv: ['true'] },
    {
      argv: ['./seed', '--all'],
      user: 'root',
      privileged: true,
      workingDir: '/srv',
      env: ['A=1', 'B'],
    },
  ]);
  expect(containerHooks(undefined)).toEqual([]);
});
