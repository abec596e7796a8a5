import type { Migration } from './migrate.ts';
import { initial } from './migrations/0001-initial.ts';
import { specs } from './migrations/0002-specs.ts';

/** In order and without gaps. One that has been released is never edited. */
export const MIGRATIONS: readonly Migration[] = [initial, specs];
