import { expect, test } from 'vitest';
import type { DockerEngine } from '../core/docker-engine.ts';
import { createLogReader } from './log-reader.ts';

test.each([
  [0, 1],
  [20, 20],
  [1_000, 1_000],
  [4_000_000_000, 1_000],
])('asked for %d lines, the engine is asked for %d', async (asked, expected) => {
  const calls: unknown[] = [];
  const engine = {
    tailLogs: async (target: string, lines: number) => {
      calls.push([target, lines]);
      return ['last'];
    },
  } as Partial<DockerEngine> as DockerEngine;
  const read = createLogReader(engine).tail('c1', asked, new AbortController().signal);
  expect(await read).toEqual(['last']);
  expect(calls).toEqual([['c1', expected]]);
});
