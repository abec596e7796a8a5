import type { EngineBody } from '../../schemas/domain/index.ts';
import {
  type ContainerPolicy,
  checkContainerBody,
  checkVolumeBody,
  type PolicyViolation,
} from '../policy.ts';

/** Every member that a service's container may have; others are not passed on. */
const MEMBERS: ReadonlySet<string> = new Set([
  ...['Image', 'Labels', 'Command', 'Args', 'Hostname', 'Env', 'Dir', 'User', 'Groups'],
  ...['Privileges', 'StopSignal', 'TTY', 'OpenStdin', 'ReadOnly', 'Mounts', 'Healthcheck'],
  ...['Hosts', 'DNSConfig', 'Secrets', 'Configs', 'Isolation', 'Sysctls', 'CapabilityAdd'],
  ...['CapabilityDrop', 'Ulimits', 'Init', 'StopGracePeriod'],
]);

interface Mount {
  readonly Type?: string;
  readonly Source?: string;
  readonly VolumeOptions?: { readonly DriverConfig?: { readonly Options?: EngineBody } };
}

/** The final body of a service against a host's policy: what its containers may ask of any node. */
export function checkServiceBody(
  body: EngineBody,
  policy: ContainerPolicy,
): readonly PolicyViolation[] {
  const template = (body['TaskTemplate'] ?? {}) as { readonly ContainerSpec?: EngineBody };
  const container = template.ContainerSpec ?? {};
  const mounts = (container['Mounts'] ?? []) as readonly Mount[];
  const unknown = Object.keys(container).filter((name) => !MEMBERS.has(name));
  return [
    ...unknown.map(
      (name): PolicyViolation => ({
        code: 'P_FIELD',
        path: `TaskTemplate.ContainerSpec.${name}`,
        message: `${name} is not among what services may ask for`,
      }),
    ),
    ...checkContainerBody({ HostConfig: hostConfig(container, mounts) }, policy),
    ...mounts.flatMap((mount) =>
      checkVolumeBody({ DriverOpts: mount.VolumeOptions?.DriverConfig?.Options ?? {} }, policy),
    ),
  ];
}

/** What a container would ask of its host for the same. */
const hostConfig = (container: EngineBody, mounts: readonly Mount[]): EngineBody => ({
  Mounts: mounts,
  ...(container['CapabilityAdd'] !== undefined && { CapAdd: container['CapabilityAdd'] }),
});
