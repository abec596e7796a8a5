import type { DesiredState, HostName, HostStatus } from '../../schemas/domain/index.ts';
import { compareText } from '../../schemas/domain/index.ts';
import type { ConnectedHost } from './ports.ts';

/** Declared and connected hosts as one list, by name. */
export function hostStatus(
  desired: DesiredState | undefined,
  connected: readonly ConnectedHost[],
  units: ReadonlyMap<HostName, number>,
): readonly HostStatus[] {
  const sessions = new Map(connected.map((session) => [session.host, session]));
  const names = new Set<HostName>([...(desired?.hosts.keys() ?? []), ...sessions.keys()]);
  return [...names].sort(compareText).map((name) => {
    const session = sessions.get(name);
    const declared = desired?.hosts.get(name);
    const paused = session?.paused ?? null;
    return {
      name,
      declared: declared !== undefined,
      state: session === undefined ? 'never-seen' : session.online ? 'online' : 'offline',
      since: new Date(session?.sinceMs ?? 0).toISOString(),
      engine: session?.engine?.version ?? null,
      apiVersion: session?.engine?.apiVersion ?? null,
      agentVersion: session?.agentVersion ?? null,
      paused: paused && { reason: paused.reason, until: new Date(paused.untilMs).toISOString() },
      labels: declared?.labels ?? {},
      units: units.get(name) ?? 0,
    };
  });
}
