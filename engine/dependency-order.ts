import type { ComposeModel, ComposeService } from '../schemas/domain/index.ts';
import { compareText } from '../schemas/domain/index.ts';

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

export const dependenciesOf = (service: ComposeService | undefined): readonly string[] =>
  Object.keys(service?.depends_on ?? {}).sort(compareText);
