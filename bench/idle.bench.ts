import { report } from './harness.ts';
import { FULL_IDLE, idle } from './idle.ts';

report(await idle(FULL_IDLE));
