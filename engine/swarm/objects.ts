import type { ComposeFileObject, ComposeModel, EngineBody } from '../../schemas/domain/index.ts';
import { compact } from '../body.ts';
import { networkName, objectName } from '../names.ts';
import { stackLabels } from './labels.ts';

const OVERLAY = 'overlay';

/** The create request of `docker stack deploy`, which knows less of a network than Compose. */
export function overlayNetwork(model: ComposeModel, key: string): EngineBody {
  const {
    driver,
    driver_opts,
    ipam = {},
    internal,
    attachable,
    labels,
  } = model.networks[key] ?? {};
  return compact({
    Name: networkName(model, key),
    Driver: driver || OVERLAY,
    Options: driver_opts,
    IPAM: compact({
      Driver: ipam.driver,
      Config: (ipam.config ?? []).map(({ subnet }) => compact({ Subnet: subnet })),
    }),
    Internal: internal,
    Attachable: attachable,
    Labels: stackLabels(model, labels),
  });
}

export type ObjectKind = 'configs' | 'secrets';

export const stackObjectName = (model: ComposeModel, kind: ObjectKind, key: string): string =>
  objectName(model.name, key, model[kind][key]);

/** A config or secret with its content, in base64. */
export function stackObject(
  model: ComposeModel,
  kind: ObjectKind,
  key: string,
  data: string | undefined,
): EngineBody {
  const object = model[kind][key] ?? {};
  return compact({
    Name: stackObjectName(model, kind, key),
    Labels: stackLabels(model, object.labels),
    Data: data,
    Driver: kind === 'secrets' ? driverOf(object) : undefined,
    Templating: compact({ Name: object.template_driver }),
  });
}

const driverOf = ({ driver, driver_opts }: ComposeFileObject): EngineBody | undefined =>
  driver ? compact({ Name: driver, Options: driver_opts }) : undefined;
