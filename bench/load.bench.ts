import { detachEnvironment } from '../kit/environment.ts';
import { report } from './harness.ts';
import { FULL_LOAD, load } from './load.ts';

detachEnvironment();
report(await load(FULL_LOAD));
