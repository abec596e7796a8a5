import {
  either,
  flag,
  list,
  mapOf,
  nothing,
  number,
  oneOf,
  record,
  type Shape,
  text,
  whole,
} from './shape.ts';

export const textOrNumber = either(text, number);
export const textOrWhole = either(text, whole);
export const textOrFlag = either(flag, text);
export const texts = list(text, { distinct: true });
export const textOrTexts = either(text, texts);

/** Any key but the empty one. */
const ANY_NAME = { pattern: /./, others: 'refused' } as const;

export const NAMES = { pattern: /^[a-zA-Z0-9._-]+$/, others: 'refused' } as const;
export const FREE_NAMES = { pattern: /^[a-zA-Z0-9._-]+$/, others: 'free' } as const;

/** `KEY=value` texts, or a mapping. */
export const pairs: Shape = either(mapOf(either(text, number, flag, nothing), ANY_NAME), texts);

export const extraHosts = either(mapOf(either(text, list(text)), ANY_NAME), texts);

export const words = either(nothing, text, list(text));

export const hook = record(
  {
    command: words,
    user: text,
    privileged: textOrFlag,
    working_dir: text,
    environment: pairs,
  },
  { required: ['command'] },
);

export const ulimits = mapOf(
  either(
    textOrWhole,
    record({ hard: textOrWhole, soft: textOrWhole }, { required: ['soft', 'hard'] }),
  ),
  { pattern: /^[a-z]+$/, others: 'free' },
);

/** `configs` and `secrets` of a service or a build. */
export const fileReferences = list(
  either(text, record({ source: text, target: text, uid: text, gid: text, mode: textOrNumber })),
);

export const driverOptions = mapOf(textOrNumber);

const device = {
  capabilities: texts,
  count: textOrWhole,
  device_ids: texts,
  driver: text,
  options: pairs,
};

export const devices = list(record(device, { required: ['capabilities'] }));
export const gpus = either(oneOf('all'), list(record(device, { open: true })));
