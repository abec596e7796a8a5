/** What is told of objects without our labels, wire <-> domain. */
import type { ComposeOrigin, ConfigDigests } from '../schemas/domain/index.ts';
import type * as wire from './gen/skep/agent/v1/agent.ts';
import { cleanName as name } from './text.ts';

const MOST_FIELDS = 2_000;

interface Foreign {
  readonly config?: ConfigDigests;
  readonly compose?: ComposeOrigin;
}

interface WireForeign {
  config: wire.ConfigDigests | undefined;
  compose: wire.ComposeOrigin | undefined;
}

export function encodeForeign({ config, compose }: Foreign): WireForeign {
  const fields = Object.entries(config?.fields ?? {});
  const implied = new Set(config?.implied);
  return {
    // A part of it would pass for the whole.
    config:
      config && fields.length <= MOST_FIELDS
        ? {
            salt: name(config.salt),
            fields: fields.map(([field, digest]) => ({
              name: field,
              digest: name(digest),
              implied: implied.has(field),
            })),
          }
        : undefined,
    compose: compose && {
      project: name(compose.project),
      service: name(compose.service ?? ''),
      number: compose.number ?? 0,
      oneOff: compose.oneOff ?? false,
    },
  };
}

export function decodeForeign({ config, compose }: Partial<WireForeign>): Foreign {
  return {
    ...(config && config.fields.length <= MOST_FIELDS && { config: decodeDigests(config) }),
    ...(compose && compose.project !== '' && { compose: decodeOrigin(compose) }),
  };
}

const decodeDigests = ({ salt, fields }: wire.ConfigDigests): ConfigDigests => ({
  salt: name(salt),
  fields: Object.fromEntries(fields.map((field) => [field.name, name(field.digest)])),
  implied: fields.filter(({ implied }) => implied).map((field) => field.name),
});

const decodeOrigin = ({ project, service, number, oneOff }: wire.ComposeOrigin): ComposeOrigin => ({
  project: name(project),
  ...(service !== '' && { service: name(service) }),
  ...(number > 0 && { number }),
  ...(oneOff && { oneOff }),
});
