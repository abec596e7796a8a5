/** A swarm in memory, with the rules that planning relies on. It answers as a manager does. */
import { observedFile, observedService } from '../../engine/swarm/observed.ts';
import {
  type EngineBody,
  type HostOperation,
  type ObservedNetwork,
  type ObservedSwarm,
  parseOwner,
  type SwarmFile,
  type SwarmService,
  type SwarmTask,
} from '../../schemas/domain/index.ts';
import { SwarmIndex } from '../fleet/swarm-index.ts';
import { APP, HOST, INSTALLATION } from './builders.ts';

interface ModelService {
  readonly id: string;
  version: number;
  spec: EngineBody;
  previous?: EngineBody;
  update?: string;
}

interface ModelFile {
  readonly id: string;
  readonly kind: SwarmFile['kind'];
  spec: EngineBody;
  readonly created: number;
}

export class ModelSwarm {
  readonly services = new Map<string, ModelService>();
  readonly files = new Map<string, ModelFile>();
  readonly networks = new Map<string, ObservedNetwork>();
  readonly tasks = new Map<string, SwarmTask>();
  /** Every mutating call that was carried out. */
  readonly calls: string[] = [];
  #serial = 0;

  #id(): string {
    this.#serial += 1;
    return `id${String(this.#serial).padStart(4, '0')}`;
  }

  named(name: string): ModelService | undefined {
    return [...this.services.values()].find(({ spec }) => spec['Name'] === name);
  }

  /** @throws Error with the swarm's refusal. */
  execute(operation: HostOperation): void {
    this.calls.push(operation.id);
    switch (operation.kind) {
      case 'create-network':
        this.#createNetwork(operation.name, operation.body);
        return;
      case 'remove-network':
        this.#removeNetwork(operation.network);
        return;
      case 'create-swarm-file':
        this.#createFile(operation.file, operation.name, operation.body);
        return;
      case 'update-swarm-file':
        this.#relabel(operation.target, operation.labels);
        return;
      case 'remove-swarm-file':
        this.#removeFile(operation.target);
        return;
      case 'create-service':
        this.#createService(operation.name, operation.body);
        return;
      case 'update-service':
        this.#updateService(operation.target, operation.body, operation.keepReplicas);
        return;
      case 'remove-service':
        this.services.delete(operation.target);
        return;
      case 'pull-image':
      case 'remove-image':
      case 'put-file':
      case 'put-tree':
      case 'apply-files':
      case 'create-volume':
      case 'remove-volume':
      case 'create-container':
      case 'start-container':
      case 'stop-container':
      case 'unpause-container':
      case 'remove-container':
      case 'rename-container':
      case 'update-container':
      case 'connect-network':
      case 'disconnect-network':
      case 'adopt':
        throw new Error(`a stack needs no ${operation.kind}`);
    }
  }

  #createNetwork(name: string, body: EngineBody): void {
    if ([...this.networks.values()].some((one) => one.name === name)) {
      throw new Error(`network with name ${name} already exists`);
    }
    const id = this.#id();
    const owner = parseOwner((body['Labels'] ?? {}) as Readonly<Record<string, string>>);
    const network = { id, name, driver: 'overlay', scope: 'swarm', ...(owner && { owner }) };
    this.networks.set(id, network);
  }

  #removeNetwork(id: string): void {
    const name = this.networks.get(id)?.name ?? '';
    const user = this.#observedServices().find(({ references, fields }) => {
      return references.includes(`network ${name}`) && fields[`Networks.${name}`] !== undefined;
    });
    if (user) throw new Error(`network ${name} is in use by service ${user.name}`);
    this.networks.delete(id);
  }

  #createFile(kind: SwarmFile['kind'], name: string, body: EngineBody): void {
    if ([...this.files.values()].some((one) => one.kind === kind && one.spec['Name'] === name)) {
      throw new Error(`${kind} ${name} already exists`);
    }
    const id = this.#id();
    this.files.set(id, { id, kind, spec: body, created: this.#serial });
  }

  #relabel(id: string, labels: EngineBody): void {
    const file = this.files.get(id);
    if (file) file.spec = { ...file.spec, Labels: labels };
  }

  #removeFile(id: string): void {
    const file = this.files.get(id);
    const reference = `${file?.kind} ${String(file?.spec['Name'])}`;
    const user = [...this.services.values()].find(({ spec }) =>
      observedService({ Spec: spec }, String).references.includes(reference),
    );
    if (user) throw new Error(`${reference} is in use by ${String(user.spec['Name'])}`);
    this.files.delete(id);
  }

  #createService(name: string, body: EngineBody): void {
    if (this.named(name)) throw new Error(`service ${name} already exists`);
    this.#requireMaterials(body);
    const id = this.#id();
    this.services.set(id, { id, version: this.#serial, spec: body });
  }

  #updateService(id: string, body: EngineBody, keepReplicas: boolean): void {
    const service = this.services.get(id);
    if (!service) throw new Error(`service ${id} not found`);
    const modes = [service.spec, body].map(({ Mode }) => Object.keys(Mode as object)[0]);
    if (modes[0] !== modes[1]) throw new Error('service mode change is not allowed');
    this.#requireMaterials(body);
    this.#serial += 1;
    service.previous = service.spec;
    service.version = this.#serial;
    service.spec = keepReplicas ? { ...body, Mode: service.spec['Mode'] } : body;
    service.update = 'updating';
  }

  #requireMaterials(body: EngineBody): void {
    for (const reference of observedService({ Spec: body }, String).references) {
      const [kind = '', name = ''] = reference.split(/ (.*)/);
      const known = [
        ...[...this.files.values()].map((file) => `${file.kind} ${String(file.spec['Name'])}`),
        ...[...this.networks.values()].map((network) => `network ${network.name}`),
      ];
      if (!known.includes(reference)) throw new Error(`${kind} ${name} not found`);
    }
  }

  /** What somebody does by hand, past us. */
  edit(name: string, change: (spec: EngineBody) => EngineBody): void {
    const service = this.named(name);
    if (!service) return;
    service.previous = service.spec;
    service.spec = change(service.spec);
    service.version += 1;
  }

  /** Every update is through and every task runs; jobs are done. */
  settle(): void {
    this.tasks.clear();
    for (const service of this.services.values()) {
      if (service.update === 'updating') service.update = 'completed';
      const observed = this.#observed(service);
      const isJob = (observed.fields['Mode'] ?? '').includes('Job');
      const count = Number(observed.fields['Mode.Replicas'] ?? 1);
      for (let slot = 1; slot <= count; slot += 1) this.addTask(observed, slot, isJob);
    }
  }

  addTask(
    service: SwarmService,
    slot: number,
    isJob: boolean,
    over: Partial<SwarmTask> = {},
  ): void {
    const id = this.#id();
    this.tasks.set(id, {
      kind: 'task',
      id,
      service: service.id,
      node: 'node1',
      slot,
      state: isJob ? 'complete' : 'running',
      wanted: isJob ? 'complete' : 'running',
      error: '',
      exitCode: 0,
      container: `container-${id}`,
      created: id,
      taskHash: service.taskHash,
      ...over,
    });
  }

  /** The new spec's tasks break, and the swarm goes back to the one before. */
  rollBack(name: string, error: string): void {
    const service = this.named(name);
    if (!service?.previous) return;
    const broken = this.#observed(service);
    service.spec = service.previous;
    delete service.previous;
    this.settle();
    service.update = 'rollback_completed';
    const failed = { state: 'failed', wanted: 'shutdown', error, exitCode: 1 } as const;
    this.addTask(broken, 1, false, failed);
  }

  #observedServices(): readonly SwarmService[] {
    return [...this.services.values()].map((service) => this.#observed(service));
  }

  #observed({ id, version, spec, previous, update }: ModelService): SwarmService {
    const json = {
      ID: id,
      Version: { Index: version },
      Spec: spec,
      ...(previous && { PreviousSpec: previous }),
      ...(update !== undefined && { UpdateStatus: { State: update } }),
    };
    return observedService(json, (target) => target);
  }

  /** As a stack sees it; `reversed`: told in another order. */
  view(reversed = false): ObservedSwarm {
    const networks = [...this.networks.values()];
    const index = new SwarmIndex(INSTALLATION, {
      all: () => networks,
      named: (name) => networks.find((network) => network.name === name),
    });
    const objects = [
      ...this.#observedServices(),
      ...[...this.files.values()].map(({ id, kind, spec, created }) =>
        observedFile(kind, { ID: id, Spec: spec, CreatedAt: String(created).padStart(6, '0') }),
      ),
      ...this.tasks.values(),
    ];
    for (const object of reversed ? objects.reverse() : objects) index.put(object);
    return index.view(APP, 'prod', HOST);
  }
}
