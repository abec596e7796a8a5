import { configFields } from './config-fields.ts';
import type { Fields, PresentConfiguration } from './configuration.ts';
import { isVoid, listOf, type Members, membersOf, textOf, trimmed } from './values.ts';

const ADDRESSES = 'ipam.';

/** Of a network: a create request, or what the engine lists. */
export function networkFields(network: Members): Fields {
  const ipam = membersOf(network['IPAM']);
  const driver = textOf(ipam['Driver']);
  return said({
    driver: textOf(network['Driver']) || 'bridge',
    driver_opts: network['Options'],
    internal: network['Internal'],
    // On one host every network is: Compose 1 says so, and later ones do not.
    attachable: network['Driver'] === 'overlay' && network['Attachable'],
    enable_ipv6: network['EnableIPv6'],
    'ipam.driver': driver === 'default' ? '' : driver,
    'ipam.options': ipam['Options'],
    ...pools(ipam),
    ...ownLabels(network['Labels']),
  });
}

/** By subnet: the engine adds a gateway where none is asked for. */
function pools(ipam: Members): Members {
  const members = listOf(ipam['Config']).flatMap((entry) => {
    const { Subnet, Gateway, IPRange, AuxiliaryAddresses } = membersOf(entry);
    const name = `${ADDRESSES}${textOf(Subnet)}`;
    return [
      [name, true],
      [`${name}.gateway`, Gateway],
      [`${name}.ip_range`, IPRange],
      [`${name}.aux_addresses`, AuxiliaryAddresses],
    ];
  });
  return Object.fromEntries(members);
}

/** Addresses that nobody asked for are the engine's choice. */
export function presentNetwork(network: Members): PresentConfiguration {
  const fields = networkFields(network);
  const implied = [...fields.keys()].filter((name) => name.startsWith(ADDRESSES));
  return { fields, implied: new Set(implied) };
}

/** Of a volume: a create request, or what the engine lists. */
export const volumeFields = (volume: Members): Fields =>
  said({
    driver: textOf(volume['Driver']) || 'local',
    driver_opts: volume['DriverOpts'] ?? volume['Options'],
    ...ownLabels(volume['Labels']),
  });

/** The mark of a volume that nobody gave a name. */
const ENGINE_LABEL = 'labels.com.docker.volume.anonymous';

export const presentVolume = (volume: Members): PresentConfiguration => ({
  fields: volumeFields(volume),
  implied: new Set([ENGINE_LABEL]),
});

function said(members: Members): Fields {
  return new Map(
    Object.entries(members)
      .map(([name, value]) => [name, trimmed(value)] as const)
      .filter(([, value]) => !isVoid(value)),
  );
}

const ownLabels = (labels: unknown): Members =>
  Object.fromEntries(configFields({ Labels: labels }));
