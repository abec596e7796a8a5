import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CODES } from './codes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (patterns: readonly string[]) =>
  patterns.flatMap((pattern) =>
    globSync(pattern, { cwd: ROOT }).map(
      (path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const,
    ),
  );

const files = read(['{cli,controller,schemas}/**/*.ts']);
const tests = files.filter(
  ([path]) => path.endsWith('.test.ts') && !path.endsWith('codes.test.ts'),
);
const sources = files.filter(([path]) => !path.endsWith('.test.ts') && !path.endsWith('codes.ts'));
const hasWord = (texts: typeof files, word: string) =>
  texts.some(([, text]) => new RegExp(`\\b${word}\\b`).test(text));

test.each(Object.keys(CODES))('%s is reported somewhere, and a test says when', (code) => {
  expect(hasWord(sources, code)).toBe(true);
  expect(hasWord(tests, code)).toBe(true);
});
