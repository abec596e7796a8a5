import type { ComposeModel, ComposePort } from '../../../../schemas/domain/index.ts';
import { type ComposeMap, type ComposeNode, childOf, itemsOf } from './node.ts';

/**
 * The model with the ports as they were written: `docker stack` leaves to the swarm what a long
 * form does not say, where Compose fills it in.
 */
export function withWrittenPorts(model: ComposeModel, tree: ComposeMap): ComposeModel {
  const services = Object.entries(model.services).map(([name, service]) => {
    const nodes = itemsOf(childOf(childOf(tree, 'services'), name), 'ports');
    const ports = service.ports?.map((port, index) => writtenPort(port, nodes[index]));
    return [name, ports ? { ...service, ports } : service] as const;
  });
  return { ...model, services: Object.fromEntries(services) };
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
