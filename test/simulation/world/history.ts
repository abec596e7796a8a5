/** What happened, as the world saw it: the only thing that the invariants are judged by. */

/** What a container is, by the labels that the simulation's own Compose files give it. */
export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly app: string;
  readonly service: string;
  readonly number: number;
  /** Everything about its configuration that asks for a new container. */
  readonly spec: string;
  /** Running, and not unhealthy. */
  readonly well: boolean;
}

export type Happening =
  /** A change that an engine carried out for an agent of ours. */
  | {
      readonly type: 'call';
      readonly host: string;
      readonly call: string;
      readonly target: string;
      /** The container as it was before; undefined where it is none of ours. */
      readonly before: Subject | undefined;
      /** Other containers in the same place (app, service, number). */
      readonly rivals: readonly Subject[];
      /** Whether we made the object that was changed. */
      readonly own: boolean;
      /** Strangers' objects before and after. */
      readonly foreign: readonly [before: string, after: string];
    }
  /** A person, or the world, did something to a container of ours. */
  | {
      readonly type: 'harm';
      readonly host: string;
      readonly subject: Subject;
      readonly act: string;
    }
  /** An operation was sent to an agent. */
  | {
      readonly type: 'sent';
      readonly host: string;
      readonly operation: string;
      readonly epoch: bigint;
    }
  /** A line on an agent's disk. */
  | { readonly type: 'journal'; readonly host: string; readonly line: string }
  /** A container of ours came to look so; null: it is gone. */
  | {
      readonly type: 'look';
      readonly host: string;
      readonly id: string;
      readonly text: string | null;
    }
  /** The containers of ours that the controller believes in. */
  | {
      readonly type: 'shown';
      readonly host: string;
      readonly containers: readonly { readonly id: string; readonly text: string }[];
    }
  /** What a status says it speaks about, as a commit's number. */
  | { readonly type: 'status'; readonly unit: string; readonly commit: number }
  /** A commit came in force at the controller. */
  | { readonly type: 'in-force'; readonly commit: number }
  /** The controller's data directory is a backup made at that index of the history. */
  | { readonly type: 'restored'; readonly index: number }
  | { readonly type: 'fault'; readonly text: string }
  | { readonly type: 'phase'; readonly phase: 'healed' | 'converged' | 'quiet' | 'stuck' };

export type Entry = Happening & { readonly atMs: number };

export class History {
  readonly entries: Entry[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(happening: Happening): void {
    this.entries.push({ ...happening, atMs: this.#now() });
  }
}

export interface Violation {
  /** The invariant, as docs and issues name it. */
  readonly id: string;
  readonly atMs: number;
  readonly message: string;
}
