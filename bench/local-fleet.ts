import { HostState } from '../controller/fleet/host-state.ts';
import type { ConnectedHost, Dispatch, Fleet } from '../controller/reconcile/ports.ts';
import {
  type HostName,
  type InstallationId,
  type ManifestAnswer,
  type ObservedUnit,
  type Outcome,
  splitUnitKey,
  type UnitKey,
} from '../schemas/domain/index.ts';
import { type FakeAgent, fakeAgent } from './fake-agent.ts';

type Changed = readonly UnitKey[] | 'all';

interface Entry {
  readonly agent: FakeAgent;
  readonly state: HostState;
}

/** Agents and the controller's view of them in one process, without the wire between them. */
export class LocalFleet implements Fleet {
  readonly #installation: InstallationId;
  readonly #entries = new Map<HostName, Entry>();
  readonly #listeners: ((host: HostName, changed: Changed) => void)[] = [];
  /** How often a unit was looked at. */
  looks = 0;

  constructor(installation: InstallationId) {
    this.#installation = installation;
  }

  async connect(host: HostName): Promise<void> {
    const agent = await fakeAgent();
    const installation = this.#installation;
    const { engine, ...objects } = await agent.observer.snapshot(new AbortController().signal);
    const state = new HostState({ host, installation, engine, objects, nowMs: Date.now() });
    this.#entries.set(host, { agent, state });
    agent.observer.listen({
      delta: (delta) => this.tell(host, state.fold(delta, Date.now())),
      resync: () => {},
    });
  }

  /** As after a report of the host; `all` as after its agent has connected anew. */
  tell(host: HostName, changed: Changed): void {
    for (const listener of this.#listeners) listener(host, changed);
  }

  agents(): readonly FakeAgent[] {
    return [...this.#entries.values()].map(({ agent }) => agent);
  }

  hosts(): readonly ConnectedHost[] {
    return [...this.#entries].map(([host, { state }]) => ({
      host,
      online: true,
      sinceMs: 0,
      engine: state.engine,
      agentVersion: 'bench',
      paused: null,
    }));
  }

  observed(key: UnitKey): ObservedUnit | undefined {
    this.looks += 1;
    return this.#entries.get(splitUnitKey(key).host)?.state.unit(key);
  }

  places(): readonly HostName[] {
    return [...this.#entries.keys()];
  }

  ownedUnits(host: HostName): readonly UnitKey[] {
    return this.#entries.get(host)?.state.units() ?? [];
  }

  execute(host: HostName, dispatch: Dispatch, signal: AbortSignal): Promise<Outcome> {
    const entry = this.#entries.get(host);
    if (!entry) throw new Error(`no such host: ${host}`);
    const request = { ...dispatch, epoch: 1n, installation: this.#installation };
    return entry.agent.executor.execute(request, () => {}, signal);
  }

  async inspectManifest(host: HostName): Promise<ManifestAnswer> {
    const message = `${host} asks no registry`;
    return { error: { code: 'PullFailed', fault: 'world', message } };
  }

  async tailLogs(): Promise<readonly string[]> {
    return [];
  }

  onObserved(listener: (host: HostName, changed: Changed) => void): void {
    this.#listeners.push(listener);
  }

  async stop(): Promise<void> {
    await Promise.all(this.agents().map((agent) => agent.stop()));
  }
}
