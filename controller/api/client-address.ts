import { isIPv6 } from 'node:net';

/**
 * Whom a connection's limits count against: an IPv4 address, or the /64 of an IPv6 one, since
 * whoever has one address of it has them all.
 */
export function clientAddress(remote: string | undefined): string {
  if (!remote) return 'unknown';
  const plain = remote.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array(8 - left.length - right.length).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
