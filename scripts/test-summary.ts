/**
 * usage: test-summary.ts FOLDER PROJECT… — adds up vitest's JSON reports. Fails where a test
 * failed, where a project left no report, and where no test ran.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Files that broke before their tests count here. */
  readonly numFailedTestSuites: number;
}

const [folder = '', ...projects] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const project of projects) {
  const file = join(folder, `${project}.json`);
  if (!existsSync(file)) {
    process.stderr.write(`${project}: did not run to its end\n`);
    failed += 1;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  passed += report.numPassedTests;
  failed += report.numFailedTests || Math.min(1, report.numFailedTestSuites);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
