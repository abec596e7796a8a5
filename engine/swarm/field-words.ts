import type { FieldChange } from './compare-fields.ts';

/** The longest match wins; what is not here is told by the engine's own name. */
const WORDS: Readonly<Record<string, string>> = {
  'ContainerSpec.Image': 'image',
  'ContainerSpec.Command': 'entrypoint',
  'ContainerSpec.Args': 'command',
  'ContainerSpec.Env': 'environment',
  'ContainerSpec.Labels': 'labels',
  'ContainerSpec.Dir': 'working_dir',
  'ContainerSpec.User': 'user',
  'ContainerSpec.Hostname': 'hostname',
  'ContainerSpec.Mounts': 'volumes',
  'ContainerSpec.Configs': 'configs',
  'ContainerSpec.Secrets': 'secrets',
  'ContainerSpec.Healthcheck': 'healthcheck',
  'ContainerSpec.StopGracePeriod': 'stop_grace_period',
  'ContainerSpec.StopSignal': 'stop_signal',
  'ContainerSpec.ReadOnly': 'read_only',
  'ContainerSpec.Init': 'init',
  'ContainerSpec.TTY': 'tty',
  'ContainerSpec.Groups': 'group_add',
  'ContainerSpec.Hosts': 'extra_hosts',
  'ContainerSpec.CapabilityAdd': 'cap_add',
  'ContainerSpec.CapabilityDrop': 'cap_drop',
  'ContainerSpec.Sysctls': 'sysctls',
  'ContainerSpec.Ulimits': 'ulimits',
  'ContainerSpec.DNSConfig': 'dns',
  'Resources.Limits': 'deploy.resources.limits',
  'Resources.Reservations': 'deploy.resources.reservations',
  RestartPolicy: 'deploy.restart_policy',
  Placement: 'deploy.placement',
  'Placement.Platforms': 'image platforms',
  Networks: 'networks',
  LogDriver: 'logging',
  Labels: 'deploy.labels',
  Mode: 'deploy.mode',
  'Mode.Replicas': 'replicas',
  UpdateConfig: 'deploy.update_config',
  RollbackConfig: 'deploy.rollback_config',
  'EndpointSpec.Mode': 'deploy.endpoint_mode',
  'EndpointSpec.Ports': 'ports',
};

const PATHS = Object.keys(WORDS).sort((a, b) => b.length - a.length);
/** Values that are never shown; of these only a hash is known anyway. */
const HIDDEN = /^ContainerSpec\.Env\./;
const SHOWN = 80;

/**
 * `image: a:1 -> a:2`, for a person; in Compose's words where it has some. `isSecret`: whether a
 * text holds a value that must show nowhere; then the one before it does not show either.
 */
export function fieldText(
  { path, observed, desired }: FieldChange,
  isSecret: (text: string) => boolean = () => false,
): string {
  const name = fieldName(path);
  if (
    HIDDEN.test(path) ||
    [observed, desired].some((text) => text !== undefined && isSecret(text))
  ) {
    if (observed === undefined) return `${name} added`;
    return desired === undefined ? `${name} removed` : `${name} changed`;
  }
  return `${name}: ${shown(observed)} -> ${shown(desired)}`;
}

export function fieldName(path: string): string {
  const known = PATHS.find((one) => path === one || path.startsWith(`${one}.`));
  if (known === undefined) return path;
  const rest = path.slice(known.length + 1);
  return `${WORDS[known] ?? known}${rest === '' ? '' : ` ${rest}`}`;
}

function shown(text: string | undefined): string {
  if (text === undefined) return 'unset';
  if (text.startsWith('sha256:')) return 'another value';
  const value = text.startsWith('"') ? String(JSON.parse(text)) : text;
  return value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
}
