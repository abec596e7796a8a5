import type { Definitions } from '../command.ts';

/** The programs themselves. */
export function defineDaemons({ program }: Definitions): void {
  program.commandsGroup('Programs:');
}
