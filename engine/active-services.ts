import type { ComposeModel, ComposeService } from '../schemas/domain/index.ts';
import { dependenciesOf } from './dependency-order.ts';
import type { Refusal } from './refusal.ts';

const ALL = '*';

/** The model without the services that no given profile asks for. */
export function activeServices(
  model: ComposeModel,
  profiles: readonly string[],
): { readonly model: ComposeModel; readonly refusals: readonly Refusal[] } {
  const active = Object.entries(model.services).filter(([, service]) =>
    isActive(service, profiles),
  );
  const names = new Set(active.map(([name]) => name));
  const isAsleep = (name: string) => name in model.services && !names.has(name);
  const refusals = active.flatMap(([name, service]) =>
    dependenciesOf(service)
      .filter((other) => isAsleep(other) && service.depends_on?.[other]?.required !== false)
      .map((other) => ({
        path: ['services', name, 'depends_on', other],
        message: `needs ${JSON.stringify(other)}, which is in no profile that was asked for`,
        hint: `name a profile of ${JSON.stringify(other)}, or say required: false`,
      })),
  );
  const services = active.map(([name, service]) => [name, awake(service, isAsleep)] as const);
  return { model: { ...model, services: Object.fromEntries(services) }, refusals };
}

const isActive = ({ profiles: own = [] }: ComposeService, asked: readonly string[]): boolean =>
  own.length === 0 || asked.includes(ALL) || own.some((profile) => asked.includes(profile));

function awake(service: ComposeService, isAsleep: (name: string) => boolean): ComposeService {
  const { depends_on } = service;
  if (!depends_on) return service;
  const left = Object.entries(depends_on).filter(([name]) => !isAsleep(name));
  return { ...service, depends_on: Object.fromEntries(left) };
}
