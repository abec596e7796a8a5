import {
  extraHosts,
  fileReferences,
  hook,
  pairs,
  textOrFlag,
  textOrTexts,
  textOrWhole,
  ulimits,
} from './common.ts';
import { either, flag, list, nothing, oneOf, record, text } from './shape.ts';

export const build = either(
  text,
  record({
    context: text,
    dockerfile: text,
    dockerfile_inline: text,
    entitlements: list(text),
    args: pairs,
    ssh: pairs,
    labels: pairs,
    cache_from: list(text),
    cache_to: list(text),
    no_cache: textOrFlag,
    additional_contexts: pairs,
    network: text,
    provenance: textOrFlag,
    sbom: textOrFlag,
    pull: textOrFlag,
    target: text,
    shm_size: textOrWhole,
    extra_hosts: extraHosts,
    isolation: text,
    privileged: textOrFlag,
    secrets: fileReferences,
    tags: list(text),
    ulimits,
    platforms: list(text),
  }),
);

export const develop = either(
  nothing,
  record({
    watch: list(
      record(
        {
          ignore: textOrTexts,
          include: textOrTexts,
          path: text,
          action: oneOf('rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'),
          target: text,
          exec: hook,
          initial_sync: flag,
        },
        { required: ['path', 'action'] },
      ),
    ),
  }),
);
