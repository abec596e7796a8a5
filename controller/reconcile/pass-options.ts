import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import type { AppId, DesiredState, InstallationId } from '../../schemas/domain/index.ts';
import type { Board } from './board.ts';
import type { Facts } from './facts.ts';
import type { Masks } from './masks.ts';
import type { Fleet, Store } from './ports.ts';
import type { Revisions } from './revisions.ts';
import type { SpecKeeper } from './spec-keeper.ts';

/** What the passes of all units share. */
export interface PassOptions {
  readonly fleet: Fleet;
  readonly store: Store;
  readonly facts: Facts;
  readonly board: Board;
  readonly specs: SpecKeeper;
  readonly revisions: Revisions;
  readonly masks: Masks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly installation: InstallationId;
  readonly newId: () => string;
  /** Operations of one unit under way at once. */
  readonly concurrency: number;
  readonly desired: () => DesiredState | undefined;
  /** Declared, but not loadable and without a last good revision: left exactly as it is. */
  readonly isHeld: (app: AppId) => boolean;
}
