import type { DockerEngine } from '../core/docker-engine.ts';

export type FakeCall = Exclude<keyof DockerEngine, 'apiVersion'>;

/**
 * What goes wrong with one call. `before`: nothing was done; `after`: it was done all the same.
 * Without a status the connection breaks instead. A hang ends only with the caller's signal.
 */
export type Fault =
  | {
      readonly kind: 'before' | 'after';
      readonly status?: number;
      readonly message?: string;
    }
  | { readonly kind: 'hang-before' | 'hang-after' };

/** Faults in the order in which calls will meet them. */
export class FaultScript {
  readonly #planned: { readonly call: FakeCall; readonly fault: Fault; times: number }[] = [];

  /** The next `times` calls of that name meet the fault. */
  plan(call: FakeCall, fault: Fault, times = 1): void {
    this.#planned.push({ call, fault, times });
  }

  take(call: FakeCall): Fault | undefined {
    const index = this.#planned.findIndex((planned) => planned.call === call);
    const planned = this.#planned[index];
    if (!planned) return undefined;
    planned.times -= 1;
    if (planned.times <= 0) this.#planned.splice(index, 1);
    return planned.fault;
  }
}
