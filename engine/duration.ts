const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;

/**
 * Nanoseconds of a Go duration (`1m30s`).
 * @throws TypeError for any other text; the loader has refused it before.
 */
export function durationNs(text: string): number {
  if (text === '0') return 0;
  if (!DURATION.test(text)) throw new TypeError(`not a duration: ${JSON.stringify(text)}`);
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PART)) {
    total += Number(amount) * (UNIT_NS[unit ?? ''] ?? 0);
  }
  return Math.round(total);
}
