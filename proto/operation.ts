/** Operations travel as the domain's own JSON; what arrives is checked field by field. */
import type {
  ContainerHook,
  FilesAction,
  HostOperation,
  OperationFields,
  TreeEntry,
} from '../schemas/domain/index.ts';

type FieldKind =
  | 'text'
  | 'text?'
  | 'number'
  | 'flag'
  | 'flag?'
  | 'body'
  | 'texts?'
  | 'texts'
  | 'entries'
  | 'action'
  | 'hooks?';
type Kind = HostOperation['kind'];
type Shapes = {
  readonly [K in Kind]: Readonly<Required<Record<keyof OperationFields[K] & string, FieldKind>>>;
};

/** A new kind, or a new field of one, does not compile until it is here. */
const SHAPES: Shapes = {
  'pull-image': { reference: 'text', platform: 'text?' },
  'remove-image': { image: 'text', lock: 'text' },
  'put-file': { sha256: 'text', size: 'number', mode: 'number', uid: 'number', gid: 'number' },
  'put-tree': { source: 'text', folder: 'flag', entries: 'entries' },
  'apply-files': { target: 'text', files: 'texts', action: 'action' },
  'create-network': { name: 'text', body: 'body' },
  'remove-network': { network: 'text', name: 'text' },
  'create-volume': { name: 'text', body: 'body' },
  'remove-volume': { name: 'text' },
  'create-container': { name: 'text', body: 'body', specHash: 'text', files: 'texts?' },
  'start-container': { target: 'text', first: 'flag?', hooks: 'hooks?' },
  'stop-container': { target: 'text', timeoutS: 'number', hooks: 'hooks?' },
  'unpause-container': { target: 'text' },
  'remove-container': { target: 'text' },
  'rename-container': { target: 'text', name: 'text' },
  'update-container': { target: 'text', body: 'body' },
  'connect-network': { network: 'text', target: 'text', body: 'body' },
  'disconnect-network': { network: 'text', target: 'text' },
  'create-swarm-file': { file: 'text', name: 'text', body: 'body' },
  'update-swarm-file': { file: 'text', target: 'text', labels: 'body' },
  'remove-swarm-file': { file: 'text', target: 'text' },
  'create-service': { name: 'text', body: 'body' },
  'update-service': { target: 'text', body: 'body', base: 'text', keepReplicas: 'flag' },
  'remove-service': { target: 'text' },
  adopt: { object: 'text', target: 'text', key: 'text', number: 'number', specHash: 'text' },
};

export function encodeOperation(operation: HostOperation): Buffer {
  return Buffer.from(JSON.stringify(operation));
}

/** Undefined where the bytes are not a whole operation of a known kind. */
export function decodeOperation(bytes: Uint8Array): HostOperation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  return isOperation(value) ? value : undefined;
}

function isOperation(value: unknown): value is HostOperation {
  if (!isRecord(value)) return false;
  const { kind, id, resource, cause, reason, dependsOn } = value;
  if (typeof kind !== 'string' || !Object.hasOwn(SHAPES, kind)) return false;
  const texts = [id, resource, cause, reason].every((text) => typeof text === 'string');
  if (!texts || !Array.isArray(dependsOn)) return false;
  const shape: Readonly<Record<string, FieldKind>> = SHAPES[kind as Kind];
  return Object.entries(shape).every(([field, wanted]) => CHECKS[wanted](value[field]));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const CHECKS: Readonly<Record<FieldKind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string' && value !== '',
  'text?': (value) => value === undefined || (typeof value === 'string' && value !== ''),
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  flag: (value) => typeof value === 'boolean',
  'flag?': (value) => value === undefined || typeof value === 'boolean',
  body: isRecord,
  'texts?': (value) => value === undefined || isTexts(value),
  texts: isTexts,
  entries: (value) => Array.isArray(value) && value.every(isEntry),
  action: isAction,
  'hooks?': (value) => value === undefined || (Array.isArray(value) && value.every(isHook)),
};

function isHook(value: unknown): value is ContainerHook {
  if (!isRecord(value)) return false;
  const { argv, user = '', privileged = false, workingDir = '', env = [] } = value;
  const texts = typeof user === 'string' && typeof workingDir === 'string';
  const known = texts && typeof privileged === 'boolean' && isTextList(env);
  return known && isTextList(argv) && argv.length > 0;
}

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function isTexts(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isEntry(value: unknown): value is TreeEntry {
  if (!isRecord(value)) return false;
  const { path, sha256, mode, uid, gid } = value;
  const numbers = [mode, uid, gid].every((one) => Number.isSafeInteger(one));
  return typeof path === 'string' && numbers && (sha256 === undefined || isHash(sha256));
}

const isHash = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

function isAction(value: unknown): value is FilesAction {
  if (!isRecord(value)) return false;
  const { kind, signal, argv, timeoutS } = value;
  switch (kind as FilesAction['kind']) {
    case 'none':
      return true;
    case 'signal':
      return typeof signal === 'string';
    case 'exec':
      return isTextList(argv) && argv.length > 0;
    case 'restart':
      return Number.isSafeInteger(timeoutS);
  }
  return false;
}
