import type { HostName } from '../../../../schemas/domain/index.ts';
import { issueAt, showPlace } from '../issues.ts';
import { bothOrders, type Report } from './clash.ts';
import type { PortUse } from './host-use.ts';
import type { LoadedApp } from './loaded-app.ts';

interface Claim {
  readonly app: LoadedApp;
  readonly use: PortUse;
}

/** One port of one address of a host belongs to one service. */
export function checkPorts(host: HostName, apps: readonly LoadedApp[], report: Report): void {
  const claims = new Map<string, Claim[]>();
  for (const app of apps) {
    for (const use of app.uses.get(host)?.ports ?? []) {
      const key = `${use.port}/${use.protocol}`;
      const others = claims.get(key) ?? [];
      claims.set(key, others);
      const other = others.find((one) => overlap(one.use.address, use.address));
      const claim = { app, use };
      others.push(claim);
      if (!other) continue;
      for (const [one, two] of bothOrders(claim, other)) reportPort(host, one, two, report);
    }
  }
}

/** `''` is every address. */
const overlap = (a: string, b: string): boolean => a === b || a === '' || b === '';

function reportPort(host: HostName, one: Claim, two: Claim, report: Report): void {
  const { port, protocol, place, path } = one.use;
  const who = `service ${two.use.service} of ${two.app.declaration.id}`;
  const where = showPlace(two.use.place);
  const message = `port ${port}/${protocol} of host ${host} is also published by ${who} (${where})`;
  const hint = 'publish another host port, or give each an address of its own';
  report(one.app.declaration.id, issueAt('E_PORT_CONFLICT', place, path, message, hint));
}
