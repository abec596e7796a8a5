import { pairs, textOrFlag, textOrNumber, textOrWhole } from './common.ts';
import { between, either, list, number, oneOf, record, text } from './shape.ts';

export const ports = list(
  either(
    number,
    text,
    record({
      name: text,
      mode: text,
      host_ip: text,
      target: textOrWhole,
      published: textOrWhole,
      protocol: text,
      app_protocol: text,
    }),
  ),
  { distinct: true },
);

const bind = record({
  propagation: text,
  create_host_path: textOrFlag,
  recursive: oneOf('enabled', 'disabled', 'writable', 'readonly'),
  selinux: oneOf('z', 'Z'),
});

export const volumes = list(
  either(
    text,
    record(
      {
        type: oneOf('bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'),
        source: text,
        target: text,
        read_only: textOrFlag,
        consistency: text,
        bind,
        volume: record({ labels: pairs, nocopy: textOrFlag, subpath: text }),
        tmpfs: record({
          size: either(between(0, Number.POSITIVE_INFINITY), text),
          mode: textOrNumber,
        }),
        image: record({ subpath: text }),
      },
      { required: ['type'] },
    ),
  ),
  { distinct: true },
);
