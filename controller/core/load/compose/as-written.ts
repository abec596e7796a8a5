import type {
  ComposeModel,
  ComposePort,
  ComposeService,
} from '../../../../schemas/domain/index.ts';
import { type ComposeMap, type ComposeNode, childOf, itemsOf } from './node.ts';

/**
 * The model with ports and mounts as they were written: `docker stack` leaves to the swarm what a
 * long form does not say, and the paths as they are, where Compose fills in and cleans.
 */
export function asWritten(model: ComposeModel, tree: ComposeMap): ComposeModel {
  const services = Object.entries(model.services).map(([name, service]) => {
    const node = childOf(childOf(tree, 'services'), name);
    return [name, { ...service, ...writtenPorts(service, node), ...writtenMounts(service, node) }];
  });
  return { ...model, services: Object.fromEntries(services) };
}

function writtenPorts({ ports }: ComposeService, node: ComposeNode | undefined) {
  const nodes = itemsOf(node, 'ports');
  return ports && { ports: ports.map((port, index) => writtenPort(port, nodes[index])) };
}

function writtenPort(port: ComposePort, node: ComposeNode | undefined): ComposePort {
  if (!node || isFilledIn(node, 'target')) return port;
  const protocol = isFilledIn(node, 'protocol') ? '' : port.protocol;
  const mode = isFilledIn(node, 'mode') ? '' : port.mode;
  return { ...port, protocol, ...(mode !== undefined && { mode }) };
}

/** What was not written stands where its port stands; of a short form, that is all of it. */
function isFilledIn(port: ComposeNode, key: string): boolean {
  const member = childOf(port, key);
  return member !== undefined && member.at === port.at && member.from === port.from;
}

function writtenMounts({ volumes }: ComposeService, node: ComposeNode | undefined) {
  const nodes = itemsOf(node, 'volumes');
  return (
    volumes && {
      volumes: volumes.map((mount, index) => {
        const target = childOf(nodes[index], 'target');
        return target?.kind === 'scalar' ? { ...mount, target: target.text } : mount;
      }),
    }
  );
}
