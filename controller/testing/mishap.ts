import type { Mishap } from './arbitraries.ts';
import type { ModelEngine } from './model-engine.ts';

/** Lets a mishap befall one of our containers, as a person at the host's shell would. */
export function befall(engine: ModelEngine, { kind, which }: Mishap): void {
  const own = [...engine.containers.values()].filter(({ owner }) => owner);
  const container = own[which % Math.max(1, own.length)];
  if (!container) return;
  switch (kind) {
    case 'none':
      break;
    case 'kill':
      if (container.state !== 'running') break;
      container.state = 'exited';
      container.exitCode = 137;
      container.ports = [];
      break;
    case 'remove':
      engine.containers.delete(container.id);
      break;
    case 'rename':
      container.name = `renamed-${container.id.slice(0, 4)}`;
      break;
    case 'pause':
      if (container.state === 'running') container.state = 'paused';
      break;
    case 'disconnect':
      container.networks = container.networks.slice(1);
      break;
    case 'remove network': {
      const idle = [...engine.networks.values()].find(
        ({ id }) =>
          !own.some(
            ({ state, networks }) =>
              (state === 'running' || state === 'paused') &&
              networks.some((network) => network.id === id),
          ),
      );
      if (idle) engine.networks.delete(idle.name);
      break;
    }
    case 'update':
      container.mutable = { ...container.mutable, memory: 32 * 1_048_576 };
      break;
  }
}
