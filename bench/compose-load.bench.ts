import { detachEnvironment } from '../kit/environment.ts';
import { composeLoad, FULL_COMPOSE_LOAD } from './compose-load.ts';
import { report } from './harness.ts';

detachEnvironment();
const corpus = process.env['SKEP_COMPOSE_CORPUS'];
report(await composeLoad({ ...FULL_COMPOSE_LOAD, ...(corpus && { corpus }) }));
