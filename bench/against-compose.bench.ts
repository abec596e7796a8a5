import { againstCompose, FULL_AGAINST_COMPOSE } from './against-compose.ts';
import { report } from './harness.ts';

report(await againstCompose(FULL_AGAINST_COMPOSE));
