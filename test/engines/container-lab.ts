/** Containers as skep asks an engine for them, and what skep sees of them afterwards. */
import type { DockerEngine } from '../../agent/core/docker-engine.ts';
import { createDockerodeEngine } from '../../agent/docker/dockerode-engine.ts';
import { bodyForApi } from '../../engine/api-body.ts';
import { containerRequest } from '../../engine/container-body.ts';
import { observedContainer } from '../../engine/normalise.ts';
import {
  type ComposeModel,
  type ComposeService,
  LABEL,
  type ObservedContainer,
} from '../../schemas/domain/index.ts';
import { engineRequest, IDLE, makeImages, testEngine } from '../support/images.ts';

const LABELS = {
  [LABEL.installation]: 'lab',
  [LABEL.app]: 'lab/app',
  [LABEL.service]: 'web',
  [LABEL.number]: '1',
  [LABEL.specHash]: 'v2:0',
};

export const IMAGE = 'skep-test/app:1';

/** Networks and containers of one test file, under a prefix of its own, on the tests' engine. */
export class ContainerLab {
  readonly prefix: string;
  readonly engine: DockerEngine = createDockerodeEngine(testEngine());
  readonly #networks: ComposeModel['networks'];

  constructor(name: string, networks: ComposeModel['networks'] = {}) {
    this.prefix = `skep-${name}-${process.pid}`;
    this.#networks = networks;
  }

  get signal(): AbortSignal {
    return AbortSignal.timeout(60_000);
  }

  async open(): Promise<void> {
    await makeImages();
    await this.engine.connect(this.signal);
    for (const [key, { ipam }] of Object.entries(this.#networks)) {
      const Config = (ipam?.config ?? []).map(({ subnet }) => ({ Subnet: subnet }));
      await this.engine.createNetwork(
        { Name: `${this.prefix}_${key}`, ...(Config.length > 0 && { IPAM: { Config } }) },
        this.signal,
      );
    }
  }

  async close(): Promise<void> {
    const found = await this.engine.listContainers(this.signal);
    const names = found.flatMap(({ Names }) => Names as readonly string[]);
    for (const name of names.filter((one) => one.startsWith(`/${this.prefix}`))) {
      await this.request('DELETE', `/containers${name}?force=1&v=1`);
    }
    for (const key of Object.keys(this.#networks)) {
      await this.request('DELETE', `/networks/${this.prefix}_${key}`);
    }
  }

  /** Past all adapters: tests look at the engine through nothing of ours. */
  async request(method: string, path: string, body?: object) {
    const answer = await engineRequest(testEngine(), method, path, body);
    return { ...answer, json: answer.body.startsWith('{') ? parse(answer.body) : {} };
  }

  /** The body Compose would send for the service, with the labels by which it is ours. */
  body(service: Partial<ComposeService>) {
    const web: ComposeService = { image: IMAGE, command: IDLE, network_mode: 'none', ...service };
    const { networks, ...rest } = web;
    const model: ComposeModel = {
      name: this.prefix,
      services: { web: networks ? { ...without(rest), networks } : rest },
      networks: this.#networks,
      volumes: {},
      configs: {},
      secrets: {},
    };
    const { body } = containerRequest({
      model,
      service: 'web',
      number: 1,
      files: new Map(),
      image: IMAGE,
    });
    return { ...body, Labels: { ...(body['Labels'] as object), ...LABELS } };
  }

  /** Creates it as the agent does, and starts it unless told otherwise. */
  async run(name: string, service: Partial<ComposeService>, start = true): Promise<string> {
    const { body, connectLater } = bodyForApi(this.body(service), this.engine.apiVersion());
    const id = await this.engine.createContainer(`${this.prefix}-${name}`, body, this.signal);
    for (const [network, endpoint] of connectLater) {
      await this.engine.connectNetwork(network, id, endpoint, this.signal);
    }
    if (start) await this.engine.startContainer(id, this.signal);
    return id;
  }

  async inspect(id: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.engine.inspectContainer(id, this.signal)) ?? {};
  }

  async observed(id: string): Promise<ObservedContainer> {
    return observedContainer(await this.inspect(id));
  }
}

const parse = (text: string) => JSON.parse(text) as Record<string, unknown>;

function without({ network_mode: _none, ...rest }: ComposeService): ComposeService {
  return rest;
}
