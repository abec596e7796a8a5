import type { DockerEngine } from '../../../agent/core/docker-engine.ts';
import { FakeEngine } from '../../../agent/testing/fake-engine.ts';
import type { FakeContainer } from '../../../agent/testing/fake-objects.ts';
import type { FakeCall, Fault } from '../../../agent/testing/fault-script.ts';
import {
  MemoryFileStore,
  MemoryJournalFile,
  MemoryTreeStore,
} from '../../../agent/testing/memory-stores.ts';
import { COMPOSE_LABEL } from '../../../schemas/domain/index.ts';
import type { History, Subject } from './history.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';
import { JOB_IMAGE } from './scenery.ts';

/** Chances of what may go wrong with one call of the engine. */
export interface EngineFaults {
  readonly fail: number;
  readonly hang: number;
}

export const NO_FAULTS: EngineFaults = { fail: 0, hang: 0 };

const IMAGES: readonly (readonly [string, Parameters<FakeEngine['host']['publish']>[1]])[] = [
  ['app:1', {}],
  ['app:2', {}],
  ['app:3', {}],
  [JOB_IMAGE, { exits: 0 }],
  ['exits:1', { exits: 1 }],
  ['sick:1', { health: 'unhealthy' }],
  ['unstartable:1', { startError: 'no such file' }],
];

/** An image is whose containers it has; the engine refuses to remove one that any has. */
const IMAGE_CALLS: ReadonlySet<string> = new Set(['pullImage', 'removeImage']);

/** One machine: an engine, a disk for the agent, and other people's things. */
export class Host {
  readonly name: string;
  readonly engine: FakeEngine;
  readonly journalFile: MemoryJournalFile;
  readonly files = new MemoryFileStore();
  readonly trees = new MemoryTreeStore();
  faults: EngineFaults = NO_FAULTS;
  readonly #random: Random;
  readonly #history: History;
  /** Ids of containers and networks, names of volumes: made by an agent of ours. */
  readonly #own = new Set<string>();
  readonly #looks = new Map<string, { readonly text: string; readonly subject: Subject }>();
  /** Everything that was there at the last look. */
  #known = new Set<string>();
  #foreign = '';

  constructor(name: string, random: Random, history: History) {
    this.name = name;
    this.#random = random;
    this.#history = history;
    this.engine = new FakeEngine({ fault: (call) => this.#fault(call) });
    this.journalFile = new RecordedJournal((line) =>
      history.add({ type: 'journal', host: name, line }),
    );
    for (const [reference, behaviour] of IMAGES) this.#publish(reference, behaviour);
    this.engine.changes.push = (...changes: string[]) => {
      for (const change of changes) this.#changed(change);
      return 0;
    };
    this.look();
  }

  /** Also by the digest that a pull of the tag is locked to. */
  #publish(reference: string, behaviour: Parameters<FakeEngine['host']['publish']>[1]): void {
    const { host } = this.engine;
    host.publish(reference, behaviour);
    const offered = host.registry.get(reference);
    const digest = offered?.digests[0];
    if (offered && digest) host.registry.set(digest, offered);
  }

  #fault(call: FakeCall): Fault | undefined {
    const { fail, hang } = this.faults;
    if (this.#random.chance(hang)) {
      return { kind: this.#random.chance(0.5) ? 'hang-before' : 'hang-after' };
    }
    if (call === 'events' || !this.#random.chance(fail)) return undefined;
    const kind = this.#random.chance(0.5) ? 'before' : 'after';
    return this.#random.chance(0.5) ? { kind, status: 500 } : { kind };
  }

  /** The engine as one agent reaches it. */
  port(life: Life): DockerEngine {
    const { engine } = this;
    return new Proxy(engine, {
      get: (_, name: keyof FakeEngine) => {
        if (name === 'apiVersion') return () => engine.apiVersion();
        if (name === 'events') return this.#events(life);
        const slowMs = this.#random.chance(0.03) ? 2_000 : 8;
        const method = engine[name] as unknown as (...given: unknown[]) => Promise<unknown>;
        return (...given: unknown[]) => life.ask(() => method.apply(engine, given), slowMs, true);
      },
    });
  }

  #events(life: Life): DockerEngine['events'] {
    return (listener, signal) => {
      const ended = new AbortController();
      life.onEnd(() => ended.abort());
      return this.engine
        .events(
          {
            opened: () => life.alive && listener.opened(),
            event: (event) => life.clock.setTimer(0, () => listener.event(event)),
          },
          AbortSignal.any([signal, ended.signal]),
        )
        .then(() => life.ask(() => undefined));
    };
  }

  /** Containers of ours, as they are. */
  own(): readonly Subject[] {
    return [...this.#looks.values()].map(({ subject }) => subject);
  }

  /** Names of networks of ours. */
  ownNetworks(): readonly string[] {
    const networks = [...this.engine.host.networks.values()];
    return networks.filter(({ id }) => this.#own.has(id)).map(({ name }) => name);
  }

  /** What a person at the host, or the world, does. */
  act(act: string, work: () => void): void {
    const before = this.own();
    try {
      work();
    } catch {
      // The engine refused.
    }
    this.look();
    const after = new Map(this.own().map((subject) => [subject.id, subject]));
    for (const subject of before) {
      const now = after.get(subject.id);
      if (now?.well === subject.well && now.name === subject.name) continue;
      this.#history.add({ type: 'harm', host: this.name, subject, act });
    }
  }

  #changed(change: string): void {
    const [call = '', target = ''] = change.split(' ');
    const found = this.engine.host.container(target);
    // An engine also makes the volumes that a container names.
    if (call.startsWith('create'))
      for (const id of this.#ids()) if (!this.#known.has(id)) this.#own.add(id);
    const own = [...this.#looks.values()].map(({ subject }) => subject);
    const before = own.find(({ id, name }) => id === target || name === target);
    const foreign = this.#foreign;
    const isOwn = before !== undefined || this.#own.has(found?.id ?? target);
    this.look();
    this.#history.add({
      type: 'call',
      host: this.name,
      call,
      target,
      before,
      rivals: before ? own.filter((other) => other !== before && isSamePlace(other, before)) : [],
      own: isOwn || call.startsWith('create') || IMAGE_CALLS.has(call),
      foreign: [foreign, this.#foreign],
    });
  }

  #ids(): readonly string[] {
    const { containers, networks, volumes } = this.engine.host;
    return [...containers.keys(), ...networks.keys(), ...volumes.keys()];
  }

  /** Takes notice of everything that is there. */
  look(): void {
    this.#known = new Set(this.#ids());
    const { containers, networks, volumes } = this.engine.host;
    const foreign: string[] = [];
    for (const id of this.#looks.keys()) {
      if (containers.has(id)) continue;
      this.#looks.delete(id);
      this.#history.add({ type: 'look', host: this.name, id, text: null });
    }
    for (const container of containers.values()) {
      if (this.#own.has(container.id)) this.#lookAt(container);
      else foreign.push(lookOf(container));
    }
    for (const { id, name } of networks.values()) if (!this.#own.has(id)) foreign.push(id + name);
    for (const { name } of volumes.values()) if (!this.#own.has(name)) foreign.push(name);
    this.#foreign = foreign.join('\n');
  }

  #lookAt(container: FakeContainer): void {
    const text = lookOf(container);
    if (this.#looks.get(container.id)?.text === text) return;
    this.#looks.set(container.id, { text, subject: subjectOf(container) });
    this.#history.add({ type: 'look', host: this.name, id: container.id, text });
  }
}

/** Appended lines are news; what is written anew at a start was said before. */
class RecordedJournal extends MemoryJournalFile {
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    super();
    this.#onLine = onLine;
  }

  override async append(text: string, sync: boolean): Promise<void> {
    await super.append(text, sync);
    this.#onLine(text.trim());
  }
}

const isSamePlace = (a: Subject, b: Subject): boolean =>
  a.app === b.app && a.service === b.service && a.number === b.number;

export const lookOf = (container: {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly startedAt: string;
  readonly health: string;
}): string => [container.name, container.state, container.startedAt, container.health].join(' ');

/** A one-shot is well once it has ended well. */
const isWell = ({ body, state, health, exitCode }: FakeContainer): boolean =>
  (state === 'running' && health !== 'unhealthy') ||
  (body.Image === JOB_IMAGE && state === 'exited' && exitCode === 0);

function subjectOf(container: FakeContainer): Subject {
  const labels = container.body.Labels ?? {};
  return {
    id: container.id,
    name: container.name,
    app: labels['sim.app'] ?? '',
    service: labels['sim.service'] ?? '',
    spec: labels['sim.spec'] ?? '',
    number: Number(labels[COMPOSE_LABEL.number]),
    well: isWell(container),
  };
}
