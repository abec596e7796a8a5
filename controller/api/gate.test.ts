import { expect, test } from 'vitest';
import { Gate } from './gate.ts';

test('lets so many run at once, so many wait, and turns the rest away', async () => {
  const gate = new Gate(2, 3);
  const open: (() => void)[] = [];
  let running = 0;
  let highest = 0;
  const work = async () => {
    running += 1;
    highest = Math.max(highest, running);
    await new Promise<void>((resolve) => open.push(resolve));
    running -= 1;
    return 'done';
  };
  const results = Array.from({ length: 7 }, () => gate.run(work));
  for (let turn = 0; turn < 7; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    open.shift()?.();
  }
  expect((await Promise.all(results)).filter((result) => result === undefined)).toHaveLength(2);
  expect(highest).toBe(2);
});

test('a failing work gives its place back', async () => {
  const gate = new Gate(1, 1);
  await expect(gate.run(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(await gate.run(async () => 'next')).toBe('next');
});
