/** Makes room for a container before it starts: host ports and data that another one of ours holds. */
import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import type { Context, ServiceSituation } from './context.ts';
import { retire, stop, type Why } from './steps.ts';

/** @returns what to wait for before a container of the service starts. */
export function makeRoom(context: Context, situation: ServiceSituation): readonly string[] {
  return [...freePorts(context, situation), ...freeData(context, situation)];
}

/** A host port that moves between two services: its present holder stops first. */
function freePorts(context: Context, { service }: ServiceSituation): readonly string[] {
  return service.ports.flatMap((port) => {
    const holder = context.observed.portHolder(port);
    if (!holder || holder.owner?.service === service.service) return [];
    return setAside(context, holder, `host port ${port.port} moves to ${service.service}`);
  });
}

/** A new service may be an old one under another name: the old one lets go of the data first. */
function freeData(context: Context, { service, slots }: ServiceSituation): readonly string[] {
  const isNew = slots.every(({ keep, previous }) => !keep && !previous);
  if (!service.strategy.singleWriter || !isNew) return [];
  return context.undeclared.flatMap((container) =>
    stop(context, container, why(context, `${service.service} may take over its data`)),
  );
}

export function setAside(
  context: Context,
  container: ObservedContainer,
  cause: string,
): readonly string[] {
  const name = slotName(context, container);
  if (name === undefined) return stop(context, container, why(context, cause));
  return retire(context, container, name, why(context, cause));
}

const why = (context: Context, cause: string): Why => ({
  cause,
  reason: context.reason,
  dependsOn: [...context.done.pulls, ...context.done.apps],
});

/** The name of its replica, while its service is declared and wants that many. */
function slotName(context: Context, { owner }: ObservedContainer): string | undefined {
  const situation = context.services.get(owner?.service ?? '');
  return situation?.slots.find(({ desired }) => desired.number === owner?.number)?.desired.name;
}
