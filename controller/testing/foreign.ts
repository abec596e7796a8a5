/** Objects that Docker Compose or a person made, as an agent tells of them. */
import { digestsOf } from '../../engine/configuration/compare.ts';
import { presentConfiguration } from '../../engine/configuration/configuration.ts';
import { presentNetwork, presentVolume } from '../../engine/configuration/object-fields.ts';
import { containerRequest } from '../../engine/container-body.ts';
import { mutableConfig } from '../../engine/mutable.ts';
import { containerName, imageName } from '../../engine/names.ts';
import {
  type ComposeModel,
  type ObservedContainer,
  type ObservedNetwork,
  type ObservedVolume,
  sha256,
} from '../../schemas/domain/index.ts';
import { aContainer } from './builders.ts';

const SALT = 'salt of a test';

/** The container Compose would have made of that service of the model, running. */
export function aComposed(
  model: ComposeModel,
  service: string,
  number = 1,
  over: Partial<ObservedContainer> = {},
): ObservedContainer {
  const image = imageName(model, service);
  const { body } = containerRequest({ model, service, number, files: new Map(), image });
  const { HostConfig, NetworkingConfig: _attached, ...Config } = body;
  const present = presentConfiguration({ Config, HostConfig }, undefined);
  const name = containerName(model, service, number);
  const project = model.name;
  return aContainer({
    name,
    id: sha256(`composed ${name}`),
    image,
    imageId: `sha256:${sha256(`image ${image}`)}`,
    mutable: mutableConfig(model.services[service] ?? {}),
    networks: [
      {
        name: `${project}_default`,
        id: sha256(`network ${project}_default`),
        aliases: [name, service],
        address: '',
      },
    ],
    config: digestsOf(present, SALT),
    compose: { project, service, number },
    ...over,
  });
}

export function aComposedNetwork(
  project: string,
  request: object = {},
  key = 'default',
): ObservedNetwork {
  const name = `${project}_${key}`;
  const config = digestsOf(presentNetwork({ ...request }), SALT);
  const id = sha256(`network ${name}`);
  return { id, name, driver: 'bridge', scope: 'local', config, compose: { project } };
}

export function aComposedVolume(
  project: string,
  key: string,
  request: object = {},
): ObservedVolume {
  const config = digestsOf(presentVolume({ ...request }), SALT);
  return { name: `${project}_${key}`, driver: 'local', config, compose: { project } };
}
