import type { ComposeModel, ComposeService, EngineBody } from '../schemas/domain/index.ts';
import { bodyForApi } from './api-body.ts';
import { containerRequest } from './container-body.ts';
import { containerRefusals } from './container-refusals.ts';
import { dependencyOrder } from './dependency-order.ts';
import { imageName } from './names.ts';
import { networkRequest } from './network-body.ts';
import { normalisePlatform } from './platform.ts';
import type { Refusal } from './refusal.ts';
import { replicasOf } from './replicas.ts';
import { type ReadProfile, securityOptions } from './security-options.ts';
import { usedNetworks, usedVolumes } from './used-objects.ts';
import { atLeast } from './version.ts';
import { volumeRequest } from './volume-body.ts';

/** A create request for an engine. */
export interface EngineRequest {
  readonly method: 'POST';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: EngineBody;
}

export interface Requests {
  /** In the order they are sent; not to be sent where something is refused. */
  readonly requests: readonly EngineRequest[];
  readonly refusals: readonly Refusal[];
}

export interface RequestsInput {
  readonly model: ComposeModel;
  readonly apiVersion: string;
  readonly readProfile: ReadProfile;
}

/**
 * What Compose would send an engine that has nothing yet, without the labels it keeps its books
 * with: networks, volumes, then containers, each after what it depends on. External objects and
 * those that no service uses are left out.
 */
export function containerRequests(input: RequestsInput): Requests {
  const model = withApiSockets(input.model);
  const { apiVersion } = input;
  const refusals: Refusal[] = [...containerRefusals(model, apiVersion)];
  const containers = dependencyOrder(model.services).flatMap((name) => {
    const made = serviceRequests({ ...input, model }, name);
    refusals.push(...made.refusals);
    return made.requests;
  });
  return { requests: [...objectRequests(model, apiVersion), ...containers], refusals };
}

const post = (path: string, body: EngineBody, query: EngineRequest['query'] = {}) =>
  ({ method: 'POST', path, query, body }) as const;

function objectRequests(model: ComposeModel, apiVersion: string): readonly EngineRequest[] {
  const networks = usedNetworks(model).filter((key) => !model.networks[key]?.external);
  const volumes = usedVolumes(model).filter((key) => !model.volumes[key]?.external);
  return [
    ...networks.map((key) =>
      post('/networks/create', forApi(networkRequest(model, key).body, apiVersion)),
    ),
    ...volumes.map((key) => post('/volumes/create', volumeRequest(model, key).body)),
  ];
}

const API_NAMES_ARE_UNIQUE = '1.44';

/** Engines that allow no two networks of one name need not be told so. */
function forApi(network: EngineBody, apiVersion: string): EngineBody {
  if (!atLeast(apiVersion, API_NAMES_ARE_UNIQUE)) return network;
  const { CheckDuplicate: _always, ...rest } = network;
  return rest;
}

function serviceRequests(input: RequestsInput, name: string): Requests {
  const { model, apiVersion, readProfile } = input;
  const written = model.services[name] ?? {};
  const { options, faults } = securityOptions(written.security_opt ?? [], readProfile);
  const service = { ...written, security_opt: options };
  const withService = { ...model, services: { ...model.services, [name]: service } };
  const platform = written.platform && normalisePlatform(written.platform);
  const unsupported = new Set<string>();
  const requests = Array.from({ length: replicasOf(written) }, (_, index) => {
    const image = imageName(model, name);
    const numbered = { service: name, number: index + 1, files: new Map(), image };
    const made = containerRequest({ model: withService, ...numbered });
    const forEngine = bodyForApi(made.body, apiVersion);
    for (const reason of forEngine.unsupported) unsupported.add(reason);
    const query = { name: made.name, ...(platform && { platform }) };
    return post('/containers/create', forEngine.body, query);
  });
  const refusals = [
    ...faults.map(({ index, message }) => ({
      path: ['services', name, 'security_opt', String(index)],
      message,
    })),
    ...[...unsupported].map((message) => ({ path: ['services', name], message })),
  ];
  return { requests, refusals };
}

const ENGINE_SOCKET = '/var/run/docker.sock';
/** Where Compose puts the registries' credentials of whoever runs it. */
const CREDENTIALS = '/run/secrets/docker';

/** `use_api_socket` in the words of other members, as Compose reads it. */
function withApiSockets(model: ComposeModel): ComposeModel {
  const services = Object.entries(model.services).map(
    ([name, service]) => [name, service.use_api_socket ? withApiSocket(service) : service] as const,
  );
  return { ...model, services: Object.fromEntries(services) };
}

const withApiSocket = (service: ComposeService): ComposeService => ({
  ...service,
  environment: { DOCKER_CONFIG: CREDENTIALS, ...service.environment },
  volumes: [
    ...(service.volumes ?? []),
    { type: 'bind', source: ENGINE_SOCKET, target: ENGINE_SOCKET },
  ],
});
