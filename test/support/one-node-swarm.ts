import { engineRequest, testEngine } from './images.ts';
import { hostsDown, hostsUp, labFolder } from './swarm-hosts.ts';

export interface OneNodeSwarm {
  readonly dockerHost: string;
  end(): Promise<void>;
}

/** On an engine of its own: that of the other tests may be somebody's, and stays what it is. */
export async function oneNodeSwarm(): Promise<OneNodeSwarm> {
  const root = await labFolder();
  const end = () => hostsDown(root);
  try {
    const [dockerHost = ''] = await hostsUp(root, 1);
    return { dockerHost, end };
  } catch (error) {
    await end();
    throw error;
  }
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
