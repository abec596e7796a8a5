import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../test/support/run.ts';

const SCRIPT = resolve(import.meta.dirname, 'test-summary.ts');

/** What the script says of one project whose only file has tests that ended so. */
async function summary(status: string, tests: readonly string[], project = 'unit') {
  const folder = await mkdtemp(join(tmpdir(), 'skep-summary-'));
  try {
    const assertionResults = tests.map((is, n) => ({ status: is, fullName: `test ${n}` }));
    const report = { testResults: [{ name: 'a.test.ts', status, assertionResults }] };
    await writeFile(join(folder, 'unit.json'), JSON.stringify(report));
    const { code, stdout } = await run(process.execPath, [SCRIPT, folder, project], process.env);
    return { code, said: stdout.trim() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the summary of all tests', () => {
  it.each([
    ['all have passed', 'passed', ['passed', 'passed'], 0, '2 passed, 0 failed'],
    ['one has failed', 'failed', ['passed', 'failed'], 1, '1 passed, 1 failed'],
    ['one was skipped', 'passed', ['passed', 'skipped'], 1, '1 passed, 1 failed'],
    ['some never ran', 'failed', ['pending', 'pending', 'todo'], 1, '0 passed, 3 failed'],
    ['a file broke before its tests', 'failed', [], 1, '0 passed, 1 failed'],
    ['a file broke after its tests', 'failed', ['passed'], 1, '1 passed, 1 failed'],
  ])('is of %s', async (_, status, tests, code, said) => {
    expect(await summary(status, tests)).toEqual({ code, said });
  });

  it('is a failure where a project has left no report', async () => {
    expect(await summary('passed', ['passed'], 'engine')).toEqual({
      code: 1,
      said: '0 passed, 1 failed',
    });
  });
});
