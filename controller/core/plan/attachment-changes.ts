/** What differs in a container's place in a network: old as observed, new as asked for. */
import type {
  ContainerNetwork,
  FieldChange,
  ObservedContainer,
} from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import type { Attachment } from './harden-unit.ts';

export function attachmentChanges(
  attached: ContainerNetwork,
  { network, aliases, ipv4, ipv6 }: Attachment,
  ownName: string,
): readonly FieldChange[] {
  // A container answers to its own name on every network, whether or not it is an alias too.
  const others = (names: readonly string[]) => listed(names.filter((name) => name !== ownName));
  const pairs: readonly (readonly [string, string | undefined, string])[] = [
    ['aliases', others(attached.aliases), others(aliases)],
    ['ipv4_address', attached.ipv4, ipv4],
    ['ipv6_address', attached.ipv6, ipv6],
  ];
  return pairs.flatMap(([member, from, to]) =>
    // An agent that is older than this member does not tell it.
    from === undefined || from === to
      ? []
      : [{ field: `networks.${network}.${member}`, ...(from && { from }), ...(to && { to }) }],
  );
}

/** Every difference of the networks a container is on. */
export function networkChanges(
  { name: ownName, networks: attached }: ObservedContainer,
  wanted: readonly Attachment[],
  mode: string | undefined,
): readonly FieldChange[] {
  // What a mode takes from the networks of an app is told by the mode.
  if (mode !== undefined) return [];
  const joined = wanted.flatMap((attachment) => {
    const present = attached.find(({ name }) => name === attachment.network);
    if (present) return attachmentChanges(present, attachment, ownName);
    return [{ field: `networks.${attachment.network}`, to: listed(attachment.aliases) }];
  });
  const left = attached
    .filter(({ name }) => wanted.every(({ network }) => network !== name))
    .map(({ name, aliases }) => ({ field: `networks.${name}`, from: listed(aliases) }));
  return [...joined, ...left];
}

const listed = (aliases: readonly string[]): string =>
  [...new Set(aliases)].sort(compareText).join(', ');
