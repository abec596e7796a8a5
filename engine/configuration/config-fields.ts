import { RESERVED_LABEL_PREFIXES } from '../../schemas/domain/index.ts';
import { isVoid, listOf, type Members, membersOf, textOf, trimmed } from './values.ts';

/** Compose's words for what an image may say too: the engine fills these in from there. */
const PLAIN_MEMBERS: readonly (readonly [member: string, field: string])[] = [
  ['Domainname', 'domainname'],
  ['OpenStdin', 'stdin_open'],
  ['StopSignal', 'stop_signal'],
  ['Tty', 'tty'],
  ['User', 'user'],
  ['WorkingDir', 'working_dir'],
];
const PROBE_MEMBERS: readonly (readonly [member: string, field: string])[] = [
  ['Test', 'test'],
  ['Interval', 'interval'],
  ['Timeout', 'timeout'],
  ['Retries', 'retries'],
  ['StartPeriod', 'start_period'],
  ['StartInterval', 'start_interval'],
];

export const ENVIRONMENT = 'environment.';
export const LABELS = 'labels.';

/** Of `Config`, as a request, a container and an image have it. Labels of programs are left out. */
export function configFields(config: Members): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>();
  const put = (name: string, value: unknown) => {
    if (!isVoid(value)) fields.set(name, trimmed(value));
  };
  for (const [member, field] of PLAIN_MEMBERS) put(field, config[member]);
  // No grace at all is not the same as none said.
  if (typeof config['StopTimeout'] === 'number') {
    fields.set('stop_grace_period', config['StopTimeout']);
  }
  const probe = membersOf(config['Healthcheck']);
  for (const [member, field] of PROBE_MEMBERS) put(`healthcheck.${field}`, probe[member]);
  for (const port of Object.keys(membersOf(config['ExposedPorts']))) {
    put(`expose.${port.includes('/') ? port : `${port}/tcp`}`, true);
  }
  for (const entry of listOf(config['Env'])) {
    const { name, value } = variable(String(entry));
    fields.set(ENVIRONMENT + name, value);
  }
  for (const [name, value] of Object.entries(membersOf(config['Labels']))) {
    if (!isReserved(name)) fields.set(LABELS + name, textOf(value));
  }
  return fields;
}

/** A name alone takes away what the image sets. */
function variable(entry: string): { name: string; value: string | null } {
  const at = entry.indexOf('=');
  return at < 0
    ? { name: entry, value: null }
    : { name: entry.slice(0, at), value: entry.slice(at + 1) };
}

export const isReserved = (label: string): boolean =>
  RESERVED_LABEL_PREFIXES.some((prefix) => label.startsWith(prefix));

/** The words of a command: a list, also where the engine has none. */
export const wordsOf = (value: unknown): readonly string[] =>
  listOf(value).map((word) => String(word));
