/**
 * usage: test-summary.ts FOLDER PROJECT… — adds up vitest's JSON reports. Fails where a test
 * failed or did not run, where a file broke, where a project left no report, and where no test ran.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

const [folder = '', ...projects] = process.argv.slice(2);
const say = (line: string) => void process.stderr.write(`${line}\n`);
let passed = 0;
let failed = 0;

/** What did not run is not known to work: it counts as failed. */
function count({ name, status, assertionResults: tests }: FileReport): void {
  const unmet = tests.filter((test) => test.status !== 'passed');
  for (const test of unmet.filter((one) => one.status !== 'failed')) {
    say(`${name}: ${test.fullName}: did not run`);
  }
  // It broke before its tests were known, or after all of them had passed.
  const isBroken = status !== 'passed' && unmet.length === 0;
  if (isBroken) say(`${name}: broke outside its tests`);
  passed += tests.length - unmet.length;
  failed += unmet.length + (isBroken ? 1 : 0);
}

for (const project of projects) {
  const file = join(folder, `${project}.json`);
  if (existsSync(file)) {
    const report = JSON.parse(readFileSync(file, 'utf8')) as { testResults: readonly FileReport[] };
    report.testResults.forEach(count);
  } else {
    say(`${project}: did not run to its end`);
    failed += 1;
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
