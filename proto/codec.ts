/**
 * Wire <-> domain. Total: what an agent sends is data of a stranger, so unknown words become a
 * stated default, texts are cut and control characters escaped; nothing here throws.
 */
import type {
  ContainerHealth,
  ContainerState,
  EngineInfo,
  HostOperation,
  HostPort,
  MutableConfig,
  ObservedContainer,
  ObservedDelta,
  ObservedImage,
  ObservedNetwork,
  ObservedVolume,
  OperationError,
  OperationErrorCode,
  Outcome,
  Owner,
} from '../schemas/domain/index.ts';
import { OPERATION_ERROR_CODES } from '../schemas/domain/index.ts';
import type * as wire from './gen/skep/agent/v1/agent.ts';

const NAME_LENGTH = 512;
const TEXT_LENGTH = 4_096;
const LIST_LENGTH = 1_000;

const STATES: readonly ContainerState[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
];
const HEALTHS: readonly ContainerHealth[] = ['none', 'starting', 'healthy', 'unhealthy'];

/** Cut to length, with control and direction characters but newline and tab made visible. */
export function cleanText(text: string, length = TEXT_LENGTH): string {
  return text.slice(0, length).replace(/[\p{Cc}\p{Cf}]/gu, (character) => {
    if (character === '\n' || character === '\t') return character;
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

const name = (text: string) => cleanText(text, NAME_LENGTH);
const names = (texts: readonly string[]) => texts.slice(0, LIST_LENGTH).map(name);
const finite = (value: number) => (Number.isFinite(value) ? value : 0);
const oneOf = <T extends string>(text: string, known: readonly T[], otherwise: T): T =>
  known.find((word) => word === text) ?? otherwise;

export interface WireObjects {
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
  readonly images: readonly ObservedImage[];
}

export function encodeObjects(objects: WireObjects): wire.Objects {
  return {
    containers: objects.containers.map(encodeContainer),
    networks: objects.networks.map((item) => ({ ...item, owner: encodeOwner(item.owner) })),
    volumes: objects.volumes.map((item) => ({ ...item, owner: encodeOwner(item.owner) })),
    images: objects.images.map((item) => ({
      ...item,
      tags: [...item.tags],
      digests: [...item.digests],
    })),
  };
}

export function decodeObjects(objects: wire.Objects | undefined): WireObjects {
  return {
    containers: (objects?.containers ?? []).map(decodeContainer),
    networks: (objects?.networks ?? []).map((item) => ({
      id: name(item.id),
      name: name(item.name),
      ...decodeOwner(item.owner),
      driver: name(item.driver),
      scope: name(item.scope),
    })),
    volumes: (objects?.volumes ?? []).map((item) => ({
      name: name(item.name),
      ...decodeOwner(item.owner),
      driver: name(item.driver),
    })),
    images: (objects?.images ?? []).map((item) => ({
      id: name(item.id),
      tags: names(item.tags),
      digests: names(item.digests),
      os: name(item.os),
      architecture: name(item.architecture),
    })),
  };
}

function encodeContainer(container: ObservedContainer): wire.Container {
  const { sinceMs: _, stopTimeoutS, ...rest } = container;
  return {
    ...rest,
    owner: encodeOwner(container.owner),
    mutable: { ...container.mutable },
    networks: container.networks.map((network) => ({ ...network, aliases: [...network.aliases] })),
    ports: container.ports.map((port) => ({ ...port })),
    ...(stopTimeoutS !== undefined && { stopTimeoutS }),
  };
}

function decodeContainer(container: wire.Container): ObservedContainer {
  return {
    id: name(container.id),
    name: name(container.name),
    ...decodeOwner(container.owner),
    recorded: container.recorded,
    imageId: name(container.imageId),
    image: name(container.image),
    state: oneOf(container.state, STATES, 'dead'),
    exitCode: container.exitCode,
    oomKilled: container.oomKilled,
    error: cleanText(container.error),
    restartCount: container.restartCount,
    startedAt: name(container.startedAt),
    health: oneOf(container.health, HEALTHS, 'none'),
    healthOutput: cleanText(container.healthOutput),
    ...(container.stopTimeoutS !== undefined && { stopTimeoutS: container.stopTimeoutS }),
    mutable: decodeMutable(container.mutable),
    networks: container.networks.slice(0, LIST_LENGTH).map((network) => ({
      name: name(network.name),
      id: name(network.id),
      aliases: names(network.aliases),
      address: name(network.address),
    })),
    ports: container.ports.slice(0, LIST_LENGTH).map(decodePort),
    sinceMs: 0,
  };
}

const decodePort = (port: wire.HostPort): HostPort => ({
  address: name(port.address),
  port: port.port,
  protocol: name(port.protocol),
});

function decodeMutable(mutable: wire.Mutable | undefined): MutableConfig {
  return {
    nanoCpus: finite(mutable?.nanoCpus ?? 0),
    memory: finite(mutable?.memory ?? 0),
    memoryReservation: finite(mutable?.memoryReservation ?? 0),
    memorySwap: finite(mutable?.memorySwap ?? 0),
    pidsLimit: finite(mutable?.pidsLimit ?? 0),
    cpuShares: finite(mutable?.cpuShares ?? 0),
    cpusetCpus: name(mutable?.cpusetCpus ?? ''),
    restartPolicy: name(mutable?.restartPolicy ?? 'no'),
    restartMaximum: mutable?.restartMaximum ?? 0,
  };
}

function encodeOwner(owner: Owner | undefined): wire.Owner | undefined {
  if (!owner) return undefined;
  const { installation, app, service = '', number = 0, object = '', specHash } = owner;
  return { installation, app, service, number, object, specHash };
}

function decodeOwner(owner: wire.Owner | undefined): { owner?: Owner } {
  if (!owner) return {};
  const { service, number, object } = owner;
  return {
    owner: {
      installation: name(owner.installation) as Owner['installation'],
      app: name(owner.app) as Owner['app'],
      specHash: name(owner.specHash),
      ...(service !== '' && { service: name(service) }),
      ...(number > 0 && { number }),
      ...(object !== '' && { object: name(object) }),
    },
  };
}

export function encodeEngine(engine: EngineInfo): wire.Engine {
  return { ...engine };
}

export function decodeEngine(engine: wire.Engine | undefined): EngineInfo {
  return {
    version: name(engine?.version ?? ''),
    apiVersion: name(engine?.apiVersion ?? ''),
    os: name(engine?.os ?? ''),
    architecture: name(engine?.architecture ?? ''),
    cpus: finite(engine?.cpus ?? 0),
    memoryBytes: finite(engine?.memoryBytes ?? 0),
  };
}

export function encodeDelta(delta: ObservedDelta, sequence: bigint): wire.Delta {
  return {
    sequence,
    objects: encodeObjects(delta),
    removedContainers: [...delta.removed.containers],
    removedNetworks: [...delta.removed.networks],
    removedVolumes: [...delta.removed.volumes],
    removedImages: [...delta.removed.images],
    pause: undefined,
  };
}

export function decodeDelta(delta: wire.Delta): ObservedDelta {
  return {
    ...decodeObjects(delta.objects),
    removed: {
      containers: delta.removedContainers,
      networks: delta.removedNetworks,
      volumes: delta.removedVolumes,
      images: delta.removedImages,
    },
  };
}

export function encodeOutcome(operationId: string, outcome: Outcome): wire.Outcome {
  return {
    operationId,
    status: outcome.status,
    durationMs: Math.max(0, Math.round(outcome.durationMs)),
    errorCode: outcome.error?.code ?? '',
    errorFault: outcome.error?.fault ?? '',
    errorMessage: outcome.error?.message.slice(0, TEXT_LENGTH) ?? '',
  };
}

export function decodeOutcome(outcome: wire.Outcome): Outcome {
  const { durationMs } = outcome;
  if (outcome.status === 'done' || outcome.status === 'unchanged') {
    return { status: outcome.status, durationMs };
  }
  return { status: 'failed', durationMs, error: decodeError(outcome) };
}

function decodeError(outcome: wire.Outcome): OperationError {
  const codes: readonly OperationErrorCode[] = OPERATION_ERROR_CODES;
  return {
    code: oneOf(outcome.errorCode, codes, 'EngineError'),
    fault: oneOf(outcome.errorFault, ['spec', 'world', 'host'] as const, 'world'),
    message: cleanText(outcome.errorMessage),
  };
}

export function encodeOperation(operation: HostOperation): Buffer {
  return Buffer.from(JSON.stringify(operation));
}

/** Undefined where the bytes are not an operation of a known kind. */
export function decodeOperation(bytes: Uint8Array): HostOperation | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isOperation(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The texts each kind must carry; the type makes a new kind a compile error here. */
const REQUIRED: Readonly<Record<HostOperation['kind'], readonly string[]>> = {
  'pull-image': ['reference'],
  'put-file': ['sha256'],
  'create-network': ['name'],
  'remove-network': ['id', 'name'],
  'create-volume': ['name'],
  'remove-volume': ['name'],
  'create-container': ['name', 'specHash'],
  'start-container': ['target'],
  'stop-container': ['target'],
  'unpause-container': ['target'],
  'remove-container': ['target'],
  'rename-container': ['target', 'name'],
  'update-container': ['target'],
  'connect-network': ['network', 'target'],
  'disconnect-network': ['network', 'target'],
};

function isOperation(value: unknown): value is HostOperation {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>;
  const { kind } = record as { readonly kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(REQUIRED, kind)) return false;
  const required = REQUIRED[kind as HostOperation['kind']];
  return required.every((field) => typeof record[field] === 'string' && record[field] !== '');
}
