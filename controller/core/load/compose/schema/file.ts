import type { ComposeMap } from '../node.ts';
import type { Reading } from '../reading.ts';
import { driverOptions, FREE_NAMES, NAMES, pairs, textOrFlag, textOrTexts } from './common.ts';
import { service } from './service.ts';
import { checkShape, either, list, mapOf, nothing, record, text, whole } from './shape.ts';

const external = either(textOrFlag, record({ name: text }));
const openExternal = either(textOrFlag, record({ name: text }, { open: true }));

const textMap = mapOf(text);

const network = either(
  nothing,
  record({
    name: text,
    driver: text,
    driver_opts: driverOptions,
    ipam: record({
      driver: text,
      config: list(record({ subnet: text, ip_range: text, gateway: text, aux_addresses: textMap })),
      options: textMap,
    }),
    external,
    internal: textOrFlag,
    enable_ipv4: textOrFlag,
    enable_ipv6: textOrFlag,
    attachable: textOrFlag,
    labels: pairs,
  }),
);

const volume = either(
  nothing,
  record({ name: text, driver: text, driver_opts: driverOptions, external, labels: pairs }),
);

const secret = record({
  name: text,
  environment: text,
  file: text,
  external: openExternal,
  labels: pairs,
  driver: text,
  driver_opts: driverOptions,
  template_driver: text,
});

const config = record({
  name: text,
  content: text,
  environment: text,
  file: text,
  external: openExternal,
  labels: pairs,
  template_driver: text,
});

const model = record(
  { name: text, model: text, context_size: whole, runtime_flags: list(text) },
  { required: ['model'] },
);

const include = either(
  text,
  record(
    { path: textOrTexts, env_file: textOrTexts, project_directory: text },
    { extensions: false },
  ),
);

const FILE = record({
  version: text,
  name: text,
  include: list(include),
  services: mapOf(service, NAMES),
  models: mapOf(model, FREE_NAMES),
  networks: mapOf(network, FREE_NAMES),
  volumes: mapOf(volume, NAMES),
  secrets: mapOf(secret, NAMES),
  configs: mapOf(config, NAMES),
});

/** The whole Compose Specification: the tree without what does not fit, which is all reported. */
export function checkFile(reading: Reading, root: ComposeMap): ComposeMap {
  reading.settle();
  const fitting = checkShape(reading, root, FILE) as ComposeMap;
  reading.settle();
  const version = fitting.entries.get('version');
  if (!version) return fitting;
  const message = 'the top-level version means nothing and can be removed';
  reading.atKey('W_COMPOSE_VERSION', version, 'version', message);
  const entries = new Map(fitting.entries);
  entries.delete('version');
  return { ...fitting, entries };
}
