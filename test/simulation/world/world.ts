import type { Fleet } from '../../../controller/reconcile/ports.ts';
import type { HostName, UnitStatus } from '../../../schemas/domain/index.ts';
import { runAgent } from './agent.ts';
import type { Papers } from './certificates.ts';
import { type RunningController, runController } from './controller.ts';
import { newStoreDisk, newVaultDisk, type StoreDisk, type VaultDisk } from './disks.ts';
import { Git } from './git.ts';
import { History } from './history.ts';
import { Host, lookOf } from './host.ts';
import { Life } from './life.ts';
import { Network } from './network.ts';
import { Random } from './random.ts';
import { HOSTS } from './scenery.ts';
import { Timeline } from './timeline.ts';
import type { Wraps } from './wraps.ts';

const RESTART_MS = 15_000;

/** Three hosts, a network, a repository, and the programs that run and crash on them. */
export class World {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly history: History;
  readonly hosts: readonly Host[];
  readonly git: Git;
  readonly network: Network;
  #vault: VaultDisk;
  #store: StoreDisk = newStoreDisk();
  #backup: { readonly vault: VaultDisk; readonly index: number } | undefined;
  readonly #wraps: Wraps;
  readonly #agents = new Map<string, Life>();
  #controller: Life | undefined;
  #running: RunningController | undefined;
  #fleet: Fleet | undefined;
  #runs = 0;
  #inForce = -1;

  constructor(seed: number, papers: Papers, wraps: Wraps = {}) {
    this.random = new Random(seed);
    this.#wraps = wraps;
    this.history = new History(this.timeline.now);
    this.hosts = HOSTS.map((name) => new Host(name, this.random, this.history));
    this.git = new Git(this.random, this.timeline.now);
    this.network = new Network(this.timeline, this.random, this.history, papers.certificates);
    this.#vault = newVaultDisk(papers.secrets);
    this.timeline.afterEach = () => this.#noteInForce();
  }

  start(): void {
    this.startController();
    for (const host of this.hosts) this.startAgent(host);
  }

  startController(): void {
    if (this.#controller?.alive) return;
    const life = new Life(this.timeline, this.random);
    this.#controller = life;
    this.#running = undefined;
    this.#runs += 1;
    const options = {
      run: this.#runs,
      git: this.git,
      network: this.network,
      vault: this.#vault,
      store: this.#store,
      wraps: this.#wraps,
      onStatus: (status: UnitStatus) => this.#noteStatus(status),
      onObserved: (fleet: Fleet, host: HostName) => this.#noteShown(fleet, host),
    };
    void runController(life, options).then((running) => {
      if (life.alive) this.#running = running;
    });
  }

  startAgent(host: Host): void {
    if (this.#agents.get(host.name)?.alive) return;
    const life = new Life(this.timeline, this.random);
    this.#agents.set(host.name, life);
    const { network, random } = this;
    void runAgent(life, { host, network, random, wraps: this.#wraps });
  }

  /** The controller crashes within its next steps and comes back after a while. */
  crashController(after: { readonly disk: 'kept' | 'store lost' | 'restored' }): void {
    const life = this.#controller;
    life?.light(this.random.between(1, 40), () => {
      life.end();
      this.history.add({ type: 'fault', text: `controller crashed, ${after.disk}` });
      if (after.disk !== 'kept') this.#store = newStoreDisk();
      if (after.disk === 'restored' && this.#backup) {
        this.#vault = structuredClone(this.#backup.vault);
        this.history.add({ type: 'restored', index: this.#backup.index });
      }
      this.timeline.setTimer(this.random.between(0, RESTART_MS), () => this.startController());
    });
  }

  crashAgent(host: Host): void {
    const life = this.#agents.get(host.name);
    life?.light(this.random.between(1, 40), () => {
      life.end();
      this.history.add({ type: 'fault', text: `agent of ${host.name} crashed` });
      this.timeline.setTimer(this.random.between(0, RESTART_MS), () => this.startAgent(host));
    });
  }

  /** Somebody copies the vault. */
  backUp(): void {
    this.#backup = {
      vault: structuredClone(this.#vault),
      index: this.history.entries.length,
    };
  }

  /** Nothing that was lit goes off any more; who is down comes up. */
  heal(): void {
    for (const life of [this.#controller, ...this.#agents.values()]) {
      life?.light(Number.POSITIVE_INFINITY, () => {});
    }
    this.startController();
    for (const host of this.hosts) {
      this.network.free(host.name);
      this.startAgent(host);
    }
  }

  /** The number of the commit in force; -1 before there is one. */
  get inForce(): number {
    return this.#inForce;
  }

  isConnected(host: string): boolean {
    return this.#fleet?.hosts().some((one) => one.host === host && one.online) ?? false;
  }

  #noteInForce(): void {
    const sha = this.#running?.reconciler.desired()?.revision;
    const number = sha === undefined ? -1 : this.git.numberOf(sha);
    if (number === this.#inForce) return;
    this.#inForce = number;
    if (number >= 0) this.history.add({ type: 'in-force', commit: number });
  }

  #noteStatus({ key, revision }: UnitStatus): void {
    if (revision === null) return;
    this.history.add({ type: 'status', unit: key, commit: this.git.numberOf(revision) });
  }

  #noteShown(fleet: Fleet, host: HostName): void {
    this.#fleet = fleet;
    if (!fleet.hosts().some((one) => one.host === host && one.online)) return;
    const containers = fleet
      .ownedUnits(host)
      .flatMap((key) => fleet.observed(key)?.containers ?? [])
      .map((container) => ({ id: container.id, text: lookOf(container) }));
    this.history.add({ type: 'shown', host, containers });
  }
}
