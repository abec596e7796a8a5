/**
 * What the end of a stream means, from its status message: the only place that reads it. The
 * codes are those of agent.proto.
 */
export type StreamEnd =
  /** Dial again. */
  | 'lost'
  /** Another agent has our identity, or the controller finds us too loud: stay away a while. */
  | 'stay-away'
  /** The certificate ran out: a new one first. */
  | 'expired'
  /** This identity is not accepted any more: only a new join helps. */
  | 'refused';

const ENDS: Readonly<Record<string, StreamEnd>> = {
  S_REPLACED: 'stay-away',
  S_FLOOD: 'stay-away',
  S_IMPLAUSIBLE: 'stay-away',
  S_PROTOCOL: 'stay-away',
  S_EXPIRED: 'expired',
  S_REVOKED: 'refused',
  S_IDENTITY: 'refused',
};

export function classifyStreamEnd(message: string): StreamEnd {
  const code = /\b(S_[A-Z]+):/.exec(message)?.[1] ?? '';
  return ENDS[code] ?? 'lost';
}
