import {
  type ComposeFileObject,
  type ComposeModel,
  compareText,
} from '../../schemas/domain/index.ts';
import { base64 } from '../base64.ts';
import { dependencyOrder } from '../dependency-order.ts';
import type { Refusal } from '../refusal.ts';
import type { EngineRequest, Requests } from '../requests.ts';
import { type ObjectKind, overlayNetwork, stackObject } from './objects.ts';
import { swarmRefusals } from './refusals.ts';
import { serviceSpec, stackNetworkKeys } from './service-spec.ts';

/** A file by the path that stands in the model; undefined where none is. */
export type ReadBytes = (path: string) => Uint8Array | undefined;

export interface StackInput {
  readonly model: ComposeModel;
  readonly readFile: ReadBytes;
}

/**
 * What `docker stack deploy` would send a swarm that has nothing yet: networks, configs, secrets,
 * services. Volumes are made by the nodes. Configs and secrets are referred to by name only, since
 * nobody knows their ids before they are there.
 */
export function stackRequests({ model, readFile }: StackInput): Requests {
  const refusals: Refusal[] = [...swarmRefusals(model)];
  const objects = (kind: ObjectKind) => {
    const made = objectRequests(model, kind, readFile);
    refusals.push(...made.refusals);
    return made.requests;
  };
  const requests = [
    ...networkKeys(model).map((key) => post('/networks/create', overlayNetwork(model, key))),
    ...objects('configs'),
    ...objects('secrets'),
    ...dependencyOrder(model.services).map((name) =>
      post('/services/create', serviceSpec(model, name)),
    ),
  ];
  return { requests, refusals };
}

const post = (path: string, body: EngineRequest['body']): EngineRequest => ({
  method: 'POST',
  path,
  query: {},
  body,
});

/** Those that a service uses, and that are the stack's own. */
function networkKeys(model: ComposeModel): readonly string[] {
  const used = new Set(Object.values(model.services).flatMap(stackNetworkKeys));
  return [...used].filter((key) => !model.networks[key]?.external).sort(compareText);
}

/** All that are declared, used or not. */
function objectRequests(model: ComposeModel, kind: ObjectKind, readFile: ReadBytes): Requests {
  const requests: EngineRequest[] = [];
  const refusals: Refusal[] = [];
  for (const key of Object.keys(model[kind]).sort(compareText)) {
    const object = model[kind][key] ?? {};
    if (object.external) continue;
    const data = dataOf(kind, object, readFile);
    if ('fault' in data) refusals.push({ path: [kind, key, data.member], message: data.fault });
    else requests.push(post(`/${kind}/create`, stackObject(model, kind, key, data.base64)));
  }
  return { requests, refusals };
}

type Data =
  | { readonly base64: string | undefined }
  | { readonly fault: string; readonly member: string };

function dataOf(kind: ObjectKind, object: ComposeFileObject, readFile: ReadBytes): Data {
  const { driver, file, content, environment } = object;
  // The driver has the content.
  if (driver && kind === 'secrets') return { base64: undefined };
  if (content !== undefined) return { base64: base64(new TextEncoder().encode(content)) };
  if (file === undefined) {
    const fault = `the value of ${environment ?? 'nothing'} is not in the file`;
    return { fault, member: 'environment' };
  }
  const bytes = readFile(file);
  return bytes ? { base64: base64(bytes) } : { fault: `${file} is not there`, member: 'file' };
}
