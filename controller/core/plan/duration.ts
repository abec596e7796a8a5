import { durationNs } from '../../../engine/duration.ts';

const NS_PER_MS = 1e6;

/** A Go duration in ms; `fallback` where it is absent. @throws TypeError where it is not one. */
export const durationMs = (text: string | undefined, fallback: number): number =>
  text === undefined ? fallback : durationNs(text) / NS_PER_MS;
