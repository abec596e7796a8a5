import type { AppId, Issue } from '../../../../schemas/domain/index.ts';

/** Takes an issue of one app that shows only beside the others. */
export type Report = (app: AppId, issue: Issue) => void;

/** An issue at each of two places, each naming the other; one, where both are the same app's. */
export const bothOrders = <T>(a: T, b: T): readonly (readonly [T, T])[] => [
  [a, b],
  [b, a],
];
