import { FULL_FIRST_DEPLOY, firstDeploy } from './first-deploy.ts';
import { report } from './harness.ts';

report(await firstDeploy(FULL_FIRST_DEPLOY));
