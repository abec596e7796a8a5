import { type ComposeModel, type ComposeService, compareText } from '../schemas/domain/index.ts';

/**
 * Services so that each comes after what it depends on, else by name. A cycle is refused when the
 * repository is loaded; should one get here, its members come in order of their names.
 */
export function dependencyOrder(services: ComposeModel['services']): readonly string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const dependency of dependenciesOf(services[name])) {
      if (services[dependency]) visit(dependency);
    }
    order.push(name);
  };
  for (const name of Object.keys(services).sort(compareText)) visit(name);
  return order;
}

const OF_SERVICE = 'service:';
const OF_CONTAINER = 'container';

/** What must be there first: what it waits for, and what its own container refers to. */
export function dependenciesOf(service: ComposeService | undefined): readonly string[] {
  const modes = [service?.network_mode, service?.ipc, service?.pid];
  const named = [
    ...Object.keys(service?.depends_on ?? {}),
    ...modes.flatMap((mode) => (mode?.startsWith(OF_SERVICE) ? mode.slice(OF_SERVICE.length) : [])),
    ...(service?.links ?? []).map(firstWord),
    ...(service?.volumes_from ?? []).map(firstWord).filter((name) => name !== OF_CONTAINER),
  ];
  return [...new Set(named)].sort(compareText);
}

const firstWord = (text: string): string => text.split(':')[0] ?? '';
