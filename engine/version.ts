/** Order of Engine API versions (`1.9` < `1.41`): negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}

export const atLeast = (version: string, wanted: string): boolean =>
  compareVersions(version, wanted) >= 0;
