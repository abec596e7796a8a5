import { compareText } from '../schemas/domain/index.ts';

const ALL = 'ALL';

/** In the one spelling and order of Docker's programs. */
export function capabilities(names: readonly string[]): readonly string[] {
  const spelled = names.map((name) => {
    const upper = name.toUpperCase();
    return upper === ALL || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  });
  return [...new Set(spelled)].sort(compareText);
}

/** What is left for a swarm: `ALL` stands for every other, and what is added is not dropped. */
export function grantedCapabilities(
  added: readonly string[],
  dropped: readonly string[],
): { readonly add: readonly string[]; readonly drop: readonly string[] } {
  const add = withoutCovered(capabilities(added));
  const drop = withoutCovered(capabilities(dropped));
  return { add, drop: drop.filter((name) => !add.includes(name)) };
}

const withoutCovered = (names: readonly string[]): readonly string[] =>
  names.includes(ALL) ? [ALL] : names;
