import type { HostPort, ObservedContainer } from '../../schemas/domain/index.ts';

/** Which container holds which port of the host. */
export class PortIndex {
  readonly #holders = new Map<string, Map<string, ObservedContainer>>();

  put(container: ObservedContainer): void {
    for (const port of heldPorts(container)) {
      const key = keyOf(port);
      const holders = this.#holders.get(key) ?? new Map<string, ObservedContainer>();
      holders.set(container.id, container);
      this.#holders.set(key, holders);
    }
  }

  drop(container: ObservedContainer): void {
    for (const port of heldPorts(container)) {
      const key = keyOf(port);
      const holders = this.#holders.get(key);
      holders?.delete(container.id);
      if (holders?.size === 0) this.#holders.delete(key);
    }
  }

  holder(port: HostPort): ObservedContainer | undefined {
    for (const container of this.#holders.get(keyOf(port))?.values() ?? []) {
      if (container.ports.some((held) => overlaps(held, port))) return container;
    }
    return undefined;
  }
}

/** A paused container keeps its ports; one that is stopped or between restarts has none. */
export function heldPorts(container: ObservedContainer): readonly HostPort[] {
  const holds = container.state === 'running' || container.state === 'paused';
  return holds ? container.ports : [];
}

const overlaps = (a: HostPort, b: HostPort): boolean =>
  keyOf(a) === keyOf(b) && (a.address === b.address || isAny(a.address) || isAny(b.address));

const keyOf = (port: HostPort) => `${port.port}/${port.protocol}`;
const isAny = (address: string) => address === '' || address === '0.0.0.0' || address === '::';
