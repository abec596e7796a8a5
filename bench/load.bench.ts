import { report } from './harness.ts';
import { FULL_LOAD, load } from './load.ts';

report(await load(FULL_LOAD));
