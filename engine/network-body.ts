import type { ComposeModel, ComposeNetwork, EngineBody } from '../schemas/domain/index.ts';
import { compact } from './body.ts';
import { networkName } from './names.ts';

/** The create request Compose would send. An external network is never created: only its name counts. */
export function networkRequest(
  model: ComposeModel,
  key: string,
): { name: string; body: EngineBody } {
  const network = model.networks[key] ?? {};
  const name = networkName(model, key);
  if (network.external) return { name, body: { Name: name } };
  const body = compact({
    Name: name,
    // Two networks of one name would be told apart by nobody; engines from API 1.44 refuse anyway.
    CheckDuplicate: true,
    Driver: network.driver,
    Options: network.driver_opts,
    IPAM: ipam(network.ipam ?? {}),
    Internal: network.internal,
    Attachable: network.attachable,
    Labels: network.labels,
  });
  return { name, body: { ...body, ...addressFamilies(network) } };
}

/** `false` is said aloud: the engine may be set up otherwise. */
const addressFamilies = ({ enable_ipv4, enable_ipv6 }: ComposeNetwork): EngineBody => ({
  ...(enable_ipv4 !== undefined && { EnableIPv4: enable_ipv4 }),
  ...(enable_ipv6 !== undefined && { EnableIPv6: enable_ipv6 }),
});

function ipam(ipam: NonNullable<ComposeModel['networks'][string]['ipam']>): EngineBody {
  return compact({
    Driver: ipam.driver,
    Config: (ipam.config ?? []).map((pool) =>
      compact({
        Subnet: pool.subnet,
        IPRange: pool.ip_range,
        Gateway: pool.gateway,
        AuxiliaryAddresses: pool.aux_addresses,
      }),
    ),
  });
}
