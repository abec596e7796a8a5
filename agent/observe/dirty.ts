import type { EngineEvent, ObjectKind, ObjectRef } from '../core/docker-engine.ts';

/** Above it everything is looked at instead of each object: the set stays bounded. */
const CONTAINER_LIMIT = 1000;

export type Mark =
  | { readonly kind: 'container'; readonly id: string }
  | { readonly kind: 'all' | Exclude<ObjectKind, 'container'> };

/** What must be looked at again. Networks, volumes and images are cheap to list whole. */
export class Dirty {
  #containers = new Set<string>();
  #kinds = new Set<Exclude<Mark['kind'], 'container'>>();

  get empty(): boolean {
    return this.#containers.size === 0 && this.#kinds.size === 0;
  }

  add(ref: ObjectRef): void {
    if (ref.kind !== 'container') this.#kinds.add(ref.kind);
    else if (this.#containers.size < CONTAINER_LIMIT) this.#containers.add(ref.id);
    else this.addAll();
  }

  addAll(): void {
    this.#kinds.add('all');
  }

  /** A look that begins now sees what these marks stand for. */
  forget(ref: ObjectRef): void {
    if (ref.kind === 'container') this.#containers.delete(ref.id);
    else this.#kinds.delete(ref.kind);
  }

  clear(): void {
    this.#containers = new Set();
    this.#kinds = new Set();
  }

  /** Everything marked until now; from here on the marks are new ones. */
  take(): readonly Mark[] {
    const kinds = [...this.#kinds];
    const ids = [...this.#containers];
    this.clear();
    if (kinds.includes('all')) return [{ kind: 'all' }];
    const containers = ids.map((id) => ({ kind: 'container', id }) as const);
    return [...kinds.map((kind) => ({ kind })), ...containers];
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
