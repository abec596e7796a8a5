import { engineRequest, testEngine } from './images.ts';

/** The tests' engine as a swarm of one, unless it is one already. @returns what ends it. */
export async function oneNodeSwarm(): Promise<() => Promise<void>> {
  const address = '127.0.0.1:2377';
  const body = { ListenAddr: address, AdvertiseAddr: address };
  const { status, body: answer } = await engineRequest(testEngine(), 'POST', '/swarm/init', body);
  if (status === 503) return async () => {};
  if (status !== 200) throw new Error(`swarm init: ${status} ${answer}`);
  return async () => {
    await engineRequest(testEngine(), 'POST', '/swarm/leave?force=true');
  };
}

export interface SwarmServiceJson {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Name: string;
    readonly Mode: { readonly Replicated?: { readonly Replicas: number } };
    readonly TaskTemplate: {
      readonly ForceUpdate: number;
      readonly ContainerSpec: { readonly Image: string; readonly Env?: readonly string[] };
    };
  };
  readonly PreviousSpec?: unknown;
  readonly UpdateStatus?: { readonly State: string };
  readonly JobStatus?: { readonly JobIteration?: { readonly Index?: number } };
}

async function read<T>(path: string): Promise<T> {
  const { status, body } = await engineRequest(testEngine(), 'GET', path);
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
  return JSON.parse(body) as T;
}

const ofStack = (stack: string): string =>
  encodeURIComponent(JSON.stringify({ label: [`com.docker.stack.namespace=${stack}`] }));

/** Services of a stack by name, past all of ours. */
export async function servicesOf(stack: string): Promise<ReadonlyMap<string, SwarmServiceJson>> {
  const found = await read<readonly SwarmServiceJson[]>(`/services?filters=${ofStack(stack)}`);
  return new Map(found.map((service) => [service.Spec.Name, service]));
}

/** How many networks, configs and secrets of a stack there are. */
export async function objectsOf(stack: string): Promise<Readonly<Record<string, number>>> {
  const count = async (kind: string) =>
    (await read<readonly unknown[]>(`/${kind}?filters=${ofStack(stack)}`)).length;
  return {
    networks: await count('networks'),
    configs: await count('configs'),
    secrets: await count('secrets'),
  };
}

/** A change past us, as `docker service update` makes it. */
export async function updateByHand(
  { ID, Version, Spec }: SwarmServiceJson,
  change: (spec: SwarmServiceJson['Spec']) => object,
): Promise<void> {
  const path = `/services/${ID}/update?version=${Version.Index}`;
  const { status, body } = await engineRequest(testEngine(), 'POST', path, change(Spec));
  if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
}
