import { isIP } from 'node:net';
import { compareText } from '../../../../../schemas/domain/index.ts';
import {
  type ComposeMap,
  type ComposeNode,
  entryAt,
  mapAt,
  recordAt,
  scalarAt,
  seqAt,
} from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';
import { type Reader, record, text, wrongType } from './readers.ts';
import { textOrWhole, whole } from './scalars.ts';

const RANGE = /^([0-9]{1,10})(?:-([0-9]{1,10}))?$/;
const PROTOCOLS = ['tcp', 'udp', 'sctp'];

/** Container ports of one service: a range is written in a few characters. */
const MAX_PORTS = 70_000;

interface Range {
  readonly first: number;
  readonly last: number;
}

/** `ports`: short form, ranges and long form -> one long form each. */
export const ports: Reader = (reading, node, path) => {
  if (node.kind !== 'seq') return wrongType(reading, node, path, 'a list');
  const found: ComposeNode[] = [];
  for (const [index, item] of node.items.entries()) {
    for (const port of readPort(reading, item, joinPath(path, index))) found.push(port);
    if (found.length > MAX_PORTS) {
      const message = `more than ${MAX_PORTS} ports`;
      return reading.at('P_LIMITS', item, joinPath(path, index), message);
    }
  }
  return seqAt(node, found);
};

function readPort(reading: Reading, node: ComposeNode, path: string): readonly ComposeNode[] {
  if (node.kind === 'map') {
    const port = longPort(reading, node, path);
    return port ? [port] : [];
  }
  const value = node.kind === 'scalar' ? node.value : null;
  if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) {
    return shortPort(reading, node, String(value), path);
  }
  wrongType(reading, node, path, 'a port');
  return [];
}

const hostAddress: Reader = (reading, node, path) => {
  const found = text(reading, node, path);
  if (found?.kind !== 'scalar' || isIP(String(found.value)) > 0) return found;
  return reading.at('E_COMPOSE_VALUE', node, path, `${JSON.stringify(found.value)} is no address`);
};

const LONG = record({
  fields: {
    target: whole({ least: 0, most: 4_294_967_295 }),
    published: textOrWhole,
    host_ip: hostAddress,
    protocol: text,
    mode: text,
    name: text,
    app_protocol: text,
  },
  required: ['target'],
});

function longPort(reading: Reading, node: ComposeMap, path: string): ComposeNode | undefined {
  const read = LONG(reading, node, path);
  if (read?.kind !== 'map') return undefined;
  const entries = new Map(read.entries);
  const fill = (key: string, value: string) => {
    if (!node.entries.has(key)) entries.set(key, entryAt(node, scalarAt(node, value)));
  };
  fill('mode', 'ingress');
  fill('protocol', 'tcp');
  return mapAt(node, entries);
}

/** `[[address:][published]:]target[/protocol]`, each of the two a port or a range. */
function shortPort(
  reading: Reading,
  node: ComposeNode,
  written: string,
  path: string,
): readonly ComposeNode[] {
  const parsed = parsePort(written);
  if (typeof parsed === 'string') {
    const message = `${JSON.stringify(written.slice(0, 80))}: ${parsed}`;
    reading.at('E_COMPOSE_VALUE', node, path, message);
    return [];
  }
  const { address, protocol, target, host } = parsed;
  const size = target.last - target.first;
  const found = Array.from({ length: size + 1 }, (_, index) => {
    const number = target.first + index;
    const published = host && publishedOf(host, size, index);
    const members = recordAt(node, {
      mode: scalarAt(node, 'ingress'),
      host_ip: address === '' ? undefined : scalarAt(node, address),
      target: scalarAt(node, number),
      published: published === undefined ? undefined : scalarAt(node, published),
      protocol: scalarAt(node, protocol),
    });
    return { order: `${number}/${protocol}`, members };
  });
  // Compose sorts the ports of a range as texts: 10 before 9.
  return found.sort((a, b) => compareText(a.order, b.order)).map(({ members }) => members);
}

interface ShortPort {
  readonly address: string;
  readonly protocol: string;
  readonly target: Range;
  readonly host: Range | undefined;
}

/** A text = what is wrong. */
function parsePort(written: string): ShortPort | string {
  const { address, published, target: after } = splitShort(written);
  const [port = '', kind = ''] = after.split('/');
  const protocol = (kind || 'tcp').toLowerCase();
  if (port === '') return 'no container port';
  if (!PROTOCOLS.includes(protocol)) return `unknown protocol ${protocol}`;
  const plain = address.replace(/^\[(.*)\]$/, '$1');
  const bare = plain === address && address.includes(':');
  if (bare || (address !== '' && isIP(plain) === 0)) return `${address} is no address`;
  const target = parseRange(port);
  if (!target || target.first === 0) return 'the container port is not a port or a range';
  const host = published === '' ? undefined : parseRange(published);
  if (published !== '' && !host) return 'the host port is not a port or a range';
  const size = target.last - target.first;
  if (host && size > 0 && host.last - host.first !== size) return 'the two ranges differ in length';
  return { address: plain, protocol, target, host };
}

/** A range of host ports for one container port stays a range: the engine picks one. */
function publishedOf(host: Range, size: number, index: number): string {
  if (size === 0 && host.last > host.first) return `${host.first}-${host.last}`;
  return String(host.first + index);
}

function splitShort(written: string) {
  const parts = written.split(':');
  const target = parts.pop() ?? '';
  const published = parts.pop() ?? '';
  return { address: parts.join(':'), published, target };
}

/** A port, or first-last. 0 is for the engine to choose. */
export function parseRange(written: string): Range | undefined {
  const [, start, end = start] = RANGE.exec(written) ?? [];
  if (start === undefined) return undefined;
  const [first, last] = [Number(start), Number(end)];
  return last <= 65_535 && first <= last ? { first, last } : undefined;
}
