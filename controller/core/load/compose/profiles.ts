import { type ComposeMap, type ComposeNode, itemsOf, mapAt } from './node.ts';
import type { Disabled } from './references.ts';

const ALL = '*';

export interface Active {
  readonly root: ComposeMap;
  readonly disabled: Disabled;
}

/** Without services of which no profile is asked for; those `enabled` stay all the same. */
export function withProfiles(
  root: ComposeMap,
  profiles: readonly string[],
  enabled: readonly string[] = [],
): Active {
  const services = root.entries.get('services');
  if (services?.value.kind !== 'map') return { root, disabled: new Map() };
  const entries = new Map(services.value.entries);
  const disabled = new Map<string, readonly string[]>();
  for (const [name, { value }] of services.value.entries) {
    const own = itemsOf(value, 'profiles').map(textIn);
    if (own.length === 0 || profiles.includes(ALL) || enabled.includes(name)) continue;
    if (own.some((profile) => profiles.includes(profile))) continue;
    entries.delete(name);
    disabled.set(name, own);
  }
  const active = { ...services, value: mapAt(services.value, entries) };
  return { root: mapAt(root, new Map([...root.entries, ['services', active]])), disabled };
}

const textIn = (node: ComposeNode): string => (node.kind === 'scalar' ? String(node.value) : '');

/** What a variable says of profiles: names with commas between them. */
export const profilesOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((profile) => profile.trim())
    .filter((profile) => profile !== '');
