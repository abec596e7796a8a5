/** Objects of a swarm travel as the domain's own JSON; what arrives is checked field by field. */
import {
  SWARM_KINDS,
  type SwarmKind,
  type SwarmObject,
  TASK_STATES,
  UPDATE_STATES,
} from '../schemas/domain/index.ts';
import type * as wire from './gen/skep/agent/v1/agent.ts';
import { cleanName, cleanText } from './text.ts';

type Clean = (value: unknown) => unknown;
type Of<K extends SwarmKind> = Extract<SwarmObject, { readonly kind: K }>;
type Shape<T> = { readonly [K in Exclude<keyof T, 'kind'>]-?: Clean };
type Shapes = { readonly [K in SwarmKind]: Shape<Of<K>> };

const MOST_FIELDS = 4_000;
const MOST_REFERENCES = 2_000;

const name: Clean = (value) => cleanName(typeof value === 'string' ? value : '');
const text: Clean = (value) => cleanText(typeof value === 'string' ? value : '');
const flag: Clean = (value) => value === true;
const number: Clean = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? Math.trunc(value) : 0;
const one =
  (known: readonly string[], otherwise: string): Clean =>
  (value) =>
    known.find((word) => word === value) ?? otherwise;
const names: Clean = (value) =>
  Array.isArray(value) ? value.slice(0, MOST_REFERENCES).map(name) : [];
const texts: Clean = (value) =>
  Object.fromEntries(
    Object.entries(record(value))
      .slice(0, MOST_FIELDS)
      .map(([key, member]) => [cleanName(key), text(member)]),
  );

const owner: Clean = (value) => {
  const { installation, app, service, number: replica, object, specHash } = record(value);
  if (typeof installation !== 'string' || typeof app !== 'string') return undefined;
  return {
    installation: name(installation),
    app: name(app),
    specHash: name(specHash),
    ...(typeof service === 'string' && { service: name(service) }),
    ...(typeof replica === 'number' && { number: number(replica) }),
    ...(typeof object === 'string' && { object: name(object) }),
  };
};

const update: Clean = (value) => {
  const { state, message } = record(value);
  const known = UPDATE_STATES.find((word) => word === state);
  return known && { state: known, message: text(message) };
};

const file = { id: name, name, owner, labels: texts, created: name };

/** A new field of one does not compile until it is here. */
const SHAPES: Shapes = {
  swarm: { id: name, node: name, leader: flag },
  service: {
    id: name,
    name,
    owner,
    version: number,
    fields: texts,
    applied: (value) => (typeof value === 'string' && /^[\w:-]*$/.test(value) ? value : ''),
    taskHash: name,
    references: names,
    update,
  },
  config: file,
  secret: file,
  task: {
    id: name,
    service: name,
    node: name,
    slot: number,
    state: one(TASK_STATES, 'orphaned'),
    wanted: one(TASK_STATES, 'orphaned'),
    error: text,
    exitCode: number,
    container: name,
    created: name,
    taskHash: name,
  },
  node: {
    id: name,
    name,
    role: one(['manager'], 'worker'),
    state: one(['unknown', 'down', 'ready', 'disconnected'], 'unknown'),
    availability: one(['active', 'pause', 'drain'], 'active'),
    engine: name,
    leader: flag,
  },
};

export const encodeSwarmObject = (object: SwarmObject): wire.SwarmObject => ({
  kind: object.kind,
  id: object.id,
  json: Buffer.from(JSON.stringify(object)),
});

/** Undefined for kinds that nobody here knows, and for what is no object. */
export function decodeSwarmObject(object: wire.SwarmObject): SwarmObject | undefined {
  const kind = SWARM_KINDS.find((known) => known === object.kind);
  if (!kind) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(object.json).toString('utf8'));
  } catch {
    return undefined;
  }
  const said = record(value);
  const shape: Readonly<Record<string, Clean>> = SHAPES[kind];
  const members = Object.entries(shape).flatMap(([key, clean]): [string, unknown][] => {
    const cleaned = clean(said[key]);
    return cleaned === undefined ? [] : [[key, cleaned]];
  });
  return { kind, ...Object.fromEntries(members) } as SwarmObject;
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
