import { isIP } from 'node:net';
import { type ComposeNode, childOf, entriesOf, itemsOf, textOf } from './node.ts';
import { joinPath, type Reading } from './reading.ts';

/**
 * Values that Compose hands on unread and the engine then refuses. An app must not find that out
 * halfway through a rollout.
 */
export function checkEngineValues(reading: Reading, service: ComposeNode, path: string): void {
  for (const [key, rule] of Object.entries(TEXT_RULES)) {
    checkText(reading, childOf(service, key), joinPath(path, key), rule);
  }
  checkItems(reading, service, 'expose', path, EXPOSE);
  checkItems(reading, service, 'extra_hosts', path, EXTRA_HOST);
  checkVariables(reading, service, path);
  checkPorts(reading, service, path);
  for (const [index, mount] of itemsOf(service, 'volumes').entries()) {
    checkMount(reading, mount, joinPath(joinPath(path, 'volumes'), index));
  }
  for (const [network, { value }] of entriesOf(service, 'networks')) {
    const at = joinPath(joinPath(path, 'networks'), network);
    checkText(reading, childOf(value, 'ipv4_address'), joinPath(at, 'ipv4_address'), IPV4);
    checkText(reading, childOf(value, 'ipv6_address'), joinPath(at, 'ipv6_address'), IPV6);
  }
}

interface TextRule {
  readonly test: (text: string) => boolean;
  /** Completes "… is not …". */
  readonly wanted: string;
}

const shape = (pattern: RegExp, wanted: string): TextRule => ({
  test: (text) => pattern.test(text),
  wanted,
});

const TEXT_RULES: Readonly<Record<string, TextRule>> = {
  image: shape(/^\S{1,512}$/, 'an image reference'),
  restart: shape(
    /^(?:no|always|unless-stopped|on-failure(?::[0-9]{1,9})?)$/,
    'no, always, unless-stopped or on-failure[:tries]',
  ),
  container_name: shape(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/, 'a name the engine takes'),
};
const EXPOSE = shape(/^[0-9]{1,5}(?:-[0-9]{1,5})?(?:\/(?:tcp|udp|sctp))?$/, 'a port');
const EXTRA_HOST: TextRule = {
  test(text) {
    const address = text.slice(text.indexOf('=') + 1);
    return address === 'host-gateway' || isIP(address) > 0;
  },
  wanted: 'host=address',
};
const IPV4: TextRule = { test: (text) => isIP(text) === 4, wanted: 'an IPv4 address' };
const IPV6: TextRule = { test: (text) => isIP(text) === 6, wanted: 'an IPv6 address' };

function checkText(
  reading: Reading,
  node: ComposeNode | undefined,
  path: string,
  rule: TextRule,
): void {
  if (node?.kind !== 'scalar' || rule.test(String(node.value))) return;
  const message = `${JSON.stringify(String(node.value).slice(0, 120))} is not ${rule.wanted}`;
  reading.at('E_COMPOSE_VALUE', node, path, message);
}

function checkItems(
  reading: Reading,
  service: ComposeNode,
  key: string,
  path: string,
  rule: TextRule,
): void {
  for (const [index, item] of itemsOf(service, key).entries()) {
    checkText(reading, item, joinPath(joinPath(path, key), index), rule);
  }
}

function checkVariables(reading: Reading, service: ComposeNode, path: string): void {
  for (const [name, entry] of entriesOf(service, 'environment')) {
    if (name !== '') continue;
    const at = joinPath(path, 'environment');
    reading.atKey('E_COMPOSE_VALUE', entry, at, 'the name before = is empty');
  }
}

const PROTOCOL = shape(/^(?:tcp|udp|sctp)$/, 'tcp, udp or sctp');
const PUBLISHED = shape(/^[0-9]{1,5}(?:-[0-9]{1,5})?$/, 'a port or a range');
/** Of one service: a typo must not open the whole host. */
const MAX_PORTS = 1_000;

function checkPorts(reading: Reading, service: ComposeNode, path: string): void {
  const ports = itemsOf(service, 'ports');
  const all = joinPath(path, 'ports');
  const [first] = ports;
  if (first && ports.length > MAX_PORTS) {
    reading.at('P_LIMITS', first, all, `more than ${MAX_PORTS} ports`);
    return;
  }
  for (const [index, port] of ports.entries()) {
    const at = joinPath(all, index);
    const target = Number(textOf(port, 'target') ?? 0);
    if (target < 1 || target > 65_535) {
      const message = `the container port ${target} is not between 1 and 65535`;
      reading.at('E_COMPOSE_VALUE', childOf(port, 'target') ?? port, at, message);
    }
    checkText(reading, childOf(port, 'protocol'), joinPath(at, 'protocol'), PROTOCOL);
    checkText(reading, childOf(port, 'published'), joinPath(at, 'published'), PUBLISHED);
  }
}

function checkMount(reading: Reading, mount: ComposeNode, path: string): void {
  const target = textOf(mount, 'target') ?? '';
  const type = textOf(mount, 'type') ?? '';
  const refuse = (message: string): void => {
    reading.at('E_COMPOSE_VALUE', mount, path, message);
  };
  if (!target.startsWith('/')) {
    const message = `${JSON.stringify(target)}: the path in the container must begin with /`;
    const drive = /^[A-Za-z]:/.test(target);
    const hint = 'Compose takes one letter for a Windows drive: give the volume a longer name';
    reading.at('E_COMPOSE_VALUE', mount, path, message, drive ? hint : undefined);
  }
  if (type === 'tmpfs' && childOf(mount, 'source')) refuse('a tmpfs has no source');
  if (type === 'npipe' || type === 'cluster') {
    const message = `mounts of type ${type} are not for containers on Linux`;
    reading.at('E_COMPOSE_UNSUPPORTED', mount, path, message);
    return;
  }
  const others = ['bind', 'volume', 'tmpfs', 'image'].filter((other) => other !== type);
  for (const other of others) {
    if (!childOf(mount, other) || isShort(mount, other)) continue;
    refuse(`the options "${other}" do not fit a mount of type ${type}`);
  }
}

/** Of the short form Compose makes options that fit no type: `./a:/b:nocopy`, `vol:/b:z`. */
const isShort = (mount: ComposeNode, member: string): boolean =>
  childOf(mount, member)?.at === mount.at;
