import { isIP } from 'node:net';
import { type ComposeNode, recordAt, scalarAt, seqAt } from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';
import { matching, oneOf, type Reader, record, text, whole, wrongType } from './readers.ts';

const RANGE = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/;
const MAX_PORTS = 1_000;

interface Range {
  readonly first: number;
  readonly last: number;
}

/** `ports`: short form, ranges and long form -> one long form each. */
export const ports: Reader = (reading, node, path) => {
  if (node.kind !== 'seq') return wrongType(reading, node, path, 'a list');
  const found: ComposeNode[] = [];
  for (const [index, item] of node.items.entries()) {
    found.push(...readPort(reading, item, joinPath(path, index)));
    if (found.length > MAX_PORTS) {
      const message = `more than ${MAX_PORTS} ports`;
      return reading.at('P_LIMITS', item, joinPath(path, index), message);
    }
  }
  return seqAt(node, found);
};

/** `expose`: kept as text. */
export const exposed: Reader = (reading, node, path) => {
  const written = node.kind === 'scalar' && node.value !== null ? node.text : undefined;
  if (written === undefined) return wrongType(reading, node, path, 'a port');
  if (/^[0-9]{1,5}(?:-[0-9]{1,5})?(?:\/(?:tcp|udp|sctp))?$/.test(written)) {
    return scalarAt(node, written);
  }
  return reading.at('E_COMPOSE_VALUE', node, path, `${JSON.stringify(written)} is not a port`);
};

function readPort(reading: Reading, node: ComposeNode, path: string): readonly ComposeNode[] {
  if (node.kind === 'map') {
    const port = longPort(reading, node, path);
    return port ? [port] : [];
  }
  if (
    node.kind === 'scalar' &&
    (typeof node.value === 'number' || typeof node.value === 'string')
  ) {
    return shortPort(reading, node, String(node.value), path);
  }
  wrongType(reading, node, path, 'a port');
  return [];
}

const published: Reader = (reading, node, path) => {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    return wrongType(reading, node, path, 'a port or a range');
  }
  const written = String(node.value);
  if (parseRange(written, 0)) return scalarAt(node, written);
  const message = `${JSON.stringify(written)} is not a port or a range`;
  return reading.at('E_COMPOSE_VALUE', node, path, message);
};

const hostAddress: Reader = (reading, node, path) => {
  const found = text(reading, node, path);
  if (found?.kind !== 'scalar' || isIP(String(found.value)) > 0) return found;
  return reading.at('E_COMPOSE_VALUE', node, path, `${JSON.stringify(found.value)} is no address`);
};

const LONG = record({
  fields: {
    target: whole(1, 65_535),
    published,
    host_ip: hostAddress,
    protocol: matching(/^(?:tcp|udp|sctp)$/, 'tcp, udp or sctp'),
    mode: oneOf('ingress', 'host'),
    name: text,
    app_protocol: text,
  },
  unsupported: [],
  required: ['target'],
});

function longPort(reading: Reading, node: ComposeNode, path: string): ComposeNode | undefined {
  const read = LONG(reading, node, path);
  if (read?.kind !== 'map' || !read.entries.has('target')) return undefined;
  const members = Object.fromEntries([...read.entries].map(([key, { value }]) => [key, value]));
  return recordAt(node, {
    mode: scalarAt(node, 'ingress'),
    protocol: scalarAt(node, 'tcp'),
    ...members,
  });
}

/** `[[address:][published]:]target[/protocol]`, each of the two a port or a range. */
function shortPort(
  reading: Reading,
  node: ComposeNode,
  written: string,
  path: string,
): readonly ComposeNode[] {
  const refuse = (message: string): readonly ComposeNode[] => {
    reading.at(
      'E_COMPOSE_VALUE',
      node,
      path,
      `${JSON.stringify(written.slice(0, 80))}: ${message}`,
    );
    return [];
  };
  const parts = splitShort(written);
  if (!parts) return refuse('not of the form [[address:]published:]target[/protocol]');
  const { address, protocol } = parts;
  if (address !== '' && isIP(address) === 0) return refuse(`${address} is no address`);
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) return refuse(`unknown protocol ${protocol}`);
  const target = parseRange(parts.target);
  if (!target) return refuse('the container port is not a port from 1 to 65535 or a range');
  const host = parts.published === '' ? undefined : parseRange(parts.published, 0);
  if (parts.published !== '' && !host) return refuse('the host port is not a port or a range');
  const size = target.last - target.first;
  if (size >= MAX_PORTS) {
    reading.at('P_LIMITS', node, path, `more than ${MAX_PORTS} ports`);
    return [];
  }
  if (host && size > 0 && host.last - host.first !== size) {
    return refuse('the two ranges differ in length');
  }
  return Array.from({ length: size + 1 }, (_, index) => {
    const one = host && publishedOf(host, size, index);
    return recordAt(node, {
      mode: scalarAt(node, 'ingress'),
      ...(address !== '' && { host_ip: scalarAt(node, address) }),
      target: scalarAt(node, target.first + index),
      ...(one !== undefined && { published: scalarAt(node, one) }),
      protocol: scalarAt(node, protocol),
    });
  });
}

/** A range of host ports for one container port stays a range: the engine picks one. */
function publishedOf(host: Range, size: number, index: number): string {
  if (size === 0 && host.last > host.first) return `${host.first}-${host.last}`;
  return String(host.first + index);
}

function splitShort(written: string) {
  const [rest = '', protocol = 'tcp', ...more] = written.split('/');
  if (more.length > 0) return undefined;
  const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::(.*))?$/.exec(rest);
  const parts = (bracketed ? (bracketed[2] ?? '') : rest).split(':');
  const target = parts.pop() ?? '';
  const publishedPart = parts.pop() ?? '';
  const address = bracketed?.[1] ?? parts.join(':');
  return { address, published: publishedPart, target, protocol: protocol.toLowerCase() || 'tcp' };
}

/** A port, or first-last. 0 is for the engine to choose, so only a host port may be that. */
export function parseRange(written: string, least = 1): Range | undefined {
  const [, start, end = start] = RANGE.exec(written) ?? [];
  if (start === undefined) return undefined;
  const [first, last] = [Number(start), Number(end)];
  return first >= least && last <= 65_535 && first <= last ? { first, last } : undefined;
}
