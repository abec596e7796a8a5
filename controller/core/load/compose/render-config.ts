import type { ComposeFileObject, ComposeModel } from '../../../../schemas/domain/index.ts';

/**
 * The model as `docker compose config --format json` prints it: keys without content left out,
 * no content that came from a variable, every `$` doubled so that the text can be loaded again.
 */
export function renderConfig(
  model: ComposeModel,
  extensions: Readonly<Record<string, unknown>>,
): string {
  const services = Object.entries(model.services).map(([name, service]) => {
    const { 'x-skep': _own, ...rest } = service;
    return [name, rest];
  });
  const printed = {
    name: model.name,
    ...optional('configs', withoutValues(model.configs)),
    ...optional('networks', model.networks),
    ...optional('secrets', withoutValues(model.secrets)),
    services: Object.fromEntries(services),
    ...optional('volumes', model.volumes),
    ...extensions,
  };
  return JSON.stringify(printed, null, 2).replaceAll('$', '$$$$');
}

function optional(key: string, objects: Readonly<Record<string, unknown>>) {
  return Object.keys(objects).length > 0 ? { [key]: objects } : {};
}

function withoutValues(objects: Readonly<Record<string, ComposeFileObject>>) {
  const entries = Object.entries(objects).map(([key, object]) => {
    const { content, ...rest } = object;
    const { environment } = object;
    const own = environment === undefined && content !== undefined && content !== '';
    return [key, { ...rest, ...(own && { content }) }] as const;
  });
  return Object.fromEntries(entries);
}
