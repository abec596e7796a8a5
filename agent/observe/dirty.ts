import type { EngineEvent, ObjectRef } from '../core/docker-engine.ts';

/** Above it everything is looked at instead of each object: the set stays bounded. */
const CONTAINER_LIMIT = 1000;

/** What must be looked at again. Networks, volumes and images are cheap to list whole. */
export class Dirty {
  #containers = new Set<string>();
  #kinds = new Set<'container' | 'network' | 'volume' | 'image'>();

  get empty(): boolean {
    return this.#containers.size === 0 && this.#kinds.size === 0;
  }

  add(ref: ObjectRef): void {
    if (ref.kind !== 'container') this.#kinds.add(ref.kind);
    else if (this.#containers.size < CONTAINER_LIMIT) this.#containers.add(ref.id);
    else this.#kinds.add('container');
  }

  addAll(): void {
    for (const kind of ['container', 'network', 'volume', 'image'] as const) this.#kinds.add(kind);
  }

  /** Everything marked until now; from here on the marks are new ones. */
  take(): {
    readonly containers: readonly string[] | 'all';
    has(kind: ObjectRef['kind']): boolean;
  } {
    const containers = this.#kinds.has('container') ? 'all' : [...this.#containers];
    const kinds = this.#kinds;
    this.clear();
    return { containers, has: (kind) => kinds.has(kind) };
  }

  clear(): void {
    this.#containers = new Set();
    this.#kinds = new Set();
  }
}

/** The objects an event may have changed. */
export function touchedBy(event: EngineEvent): readonly ObjectRef[] {
  if (event.kind === 'network' && /connect$/.test(event.action)) {
    const container = event.attributes['container'];
    return container ? [{ kind: 'container', id: container }] : [];
  }
  return [{ kind: event.kind, id: event.id }];
}
