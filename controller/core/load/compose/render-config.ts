import type { ComposeModel } from '../../../../schemas/domain/index.ts';

/**
 * The model as `docker compose config --format json` prints it: keys without content left out,
 * every `$` doubled so that the text can be loaded again.
 */
export function renderConfig(
  model: ComposeModel,
  extensions: Readonly<Record<string, unknown>>,
): string {
  const services = Object.entries(model.services).map(([name, service]) => {
    const { 'x-skep': _own, deploy, ...rest } = service;
    return [name, { ...rest, ...(deploy && { deploy: { ...deploy, placement: {} } }) }];
  });
  const printed = {
    ...optional('configs', model.configs),
    name: model.name,
    ...optional('networks', model.networks),
    ...optional('secrets', model.secrets),
    services: Object.fromEntries(services),
    ...optional('volumes', model.volumes),
    ...extensions,
  };
  return JSON.stringify(printed, null, 2).replaceAll('$', '$$$$');
}

function optional(key: string, objects: Readonly<Record<string, unknown>>) {
  return Object.keys(objects).length > 0 ? { [key]: objects } : {};
}
