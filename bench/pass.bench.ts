import { report } from './harness.ts';
import { FULL_PASS, pass } from './pass.ts';

report(await pass(FULL_PASS));
