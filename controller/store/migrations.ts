import type { Migration } from './migrate.ts';
import { initial } from './migrations/0001-initial.ts';

/** In order and without gaps. One that has been released is never edited. */
export const MIGRATIONS: readonly Migration[] = [initial];
