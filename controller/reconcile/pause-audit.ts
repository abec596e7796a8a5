import type { HostName } from '../../schemas/domain/index.ts';
import type { ConnectedHost, Store } from './ports.ts';

/** Writes down when a host's owner pauses it and when that ends, once each. */
export class PauseAudit {
  readonly #store: Pick<Store, 'addAudit'>;
  readonly #nowIso: () => string;
  readonly #paused = new Map<HostName, string>();

  constructor(store: Pick<Store, 'addAudit'>, nowIso: () => string) {
    this.#store = store;
    this.#nowIso = nowIso;
  }

  /** A host that is away says nothing of its pause: it still stands. */
  async look({ host, online, paused }: ConnectedHost): Promise<void> {
    if (!online) return;
    const before = this.#paused.get(host);
    const until = paused && new Date(paused.untilMs).toISOString();
    const now = paused ? `${until} ${paused.reason}` : undefined;
    if (before === now) return;
    if (now === undefined) this.#paused.delete(host);
    else this.#paused.set(host, now);
    await this.#store.addAudit({
      at: this.#nowIso(),
      actor: `host:${host}`,
      action: paused ? 'host.pause' : 'host.resume',
      subject: host,
      detail: paused ? { reason: paused.reason, until } : {},
    });
  }
}
