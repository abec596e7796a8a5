import { devices, pairs, textOrNumber, textOrWhole } from './common.ts';
import { between, either, list, nothing, oneOf, record, text } from './shape.ts';

const update = record({
  parallelism: textOrWhole,
  delay: text,
  failure_action: text,
  monitor: text,
  max_failure_ratio: textOrNumber,
  order: oneOf('start-first', 'stop-first'),
});

const genericResources = list(
  record({ discrete_resource_spec: record({ kind: text, value: textOrNumber }) }),
);

const resources = record({
  limits: record({ cpus: textOrNumber, memory: text, pids: textOrWhole }),
  reservations: record({
    cpus: textOrNumber,
    memory: text,
    generic_resources: genericResources,
    devices,
  }),
});

export const deploy = either(
  nothing,
  record({
    mode: text,
    endpoint_mode: text,
    replicas: either(text, between(0, Number.POSITIVE_INFINITY)),
    labels: pairs,
    rollback_config: update,
    update_config: update,
    resources,
    restart_policy: record({
      condition: text,
      delay: text,
      max_attempts: textOrWhole,
      window: text,
    }),
    placement: record({
      constraints: list(text),
      preferences: list(record({ spread: text })),
      max_replicas_per_node: textOrWhole,
    }),
  }),
);
