import { posix } from 'node:path';
import { nearestHint } from '../../../../schemas/nearest.ts';
import type { LayerPort, ServiceSource } from './layer-port.ts';
import { mergeService } from './merge.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  isNull,
  mapAt,
  nodePlace,
  textOf,
} from './node.ts';
import { joinPath, type Reading } from './reading.ts';
import { rebasePaths } from './rebase.ts';
import { applyResets, type Resets, resetsOfService } from './resets.ts';

interface Link {
  readonly file: string;
  readonly service: string;
}

/** The file with each service merged over what it extends. */
export function applyExtends(
  layer: LayerPort,
  root: ComposeMap,
  file: string,
  resets: Resets | undefined,
): ComposeMap {
  const services = root.entries.get('services');
  if (services?.value.kind !== 'map') return root;
  const map = services.value;
  if (![...map.entries.values()].some(({ value }) => childOf(value, 'extends'))) return root;
  const source: ServiceSource = { file, services: map, resets, done: new Map() };
  const entries = new Map<string, ComposeEntry>();
  for (const [name, entry] of map.entries) {
    const value = extended(layer, source, name, []);
    entries.set(name, value ? { ...entry, value } : entry);
  }
  const value = mapAt(map, entries);
  return mapAt(root, new Map([...root.entries, ['services', { ...services, value }]]));
}

/** The service `name` of `source`, merged; undefined where there is none, or in a circle. */
function extended(
  layer: LayerPort,
  source: ServiceSource,
  name: string,
  chain: readonly Link[],
): ComposeNode | undefined {
  const known = source.done.get(name);
  if (known) return known;
  const service = source.services.entries.get(name)?.value;
  const wanted = childOf(service, 'extends');
  if (service?.kind !== 'map' || !wanted || isNull(wanted)) return service;
  const path = joinPath(joinPath('services', name), 'extends');
  const link = { file: source.file, service: name };
  const rest = withoutExtends(service);
  if (chain.some((one) => one.file === link.file && one.service === name)) {
    reportCycle(layer.reading, wanted, path, [...chain, link]);
    return rest;
  }
  const base = baseOf(layer, source, wanted, path, [...chain, link]);
  const merged =
    base?.kind === 'map'
      ? mergeService(layer.reading, withoutExtends(settled(base, source, name)), rest)
      : rest;
  source.done.set(name, merged);
  return merged;
}

function settled(base: ComposeMap, source: ServiceSource, name: string): ComposeMap {
  return applyResets(base, resetsOfService(source.resets, name)) as ComposeMap;
}

function withoutExtends(service: ComposeMap): ComposeMap {
  const entries = new Map(service.entries);
  entries.delete('extends');
  return mapAt(service, entries);
}

function baseOf(
  layer: LayerPort,
  source: ServiceSource,
  wanted: ComposeNode,
  path: string,
  chain: readonly Link[],
): ComposeNode | undefined {
  const name = wanted.kind === 'scalar' ? wanted.text : textOf(wanted, 'service');
  if (name === undefined) {
    const message = 'the field "service" is missing';
    return layer.reading.at('E_FIELD_MISSING', wanted, path, message);
  }
  const fileNode = childOf(wanted, 'file');
  const other = fileNode && !isNull(fileNode) ? otherFile(layer, fileNode, path) : source;
  if (!other) return undefined;
  const found = extended(layer, other, name, chain);
  if (found) return found;
  const where = other === source ? 'this file' : other.file;
  const message = `the service ${JSON.stringify(name)} is not declared in ${where}`;
  const hint = nearestHint(name, other.services.entries.keys());
  return layer.reading.at('E_REFERENCE_UNKNOWN', wanted, path, message, hint);
}

/** The services of another file, its paths as they read from this layer's folder. */
function otherFile(layer: LayerPort, node: ComposeNode, path: string): ServiceSource | undefined {
  const written = node.kind === 'scalar' ? String(node.value) : '';
  const known = layer.extended.get(written);
  if (known !== undefined) return known ?? undefined;
  const at = joinPath(path, 'file');
  const file = layer.resolve(written, node, at);
  const loaded = file === undefined ? undefined : layer.loadPlain(file, { node, path: at });
  const services = childOf(loaded?.root, 'services');
  if (loaded && services?.kind !== 'map') {
    const message = `${JSON.stringify(written)} declares no services`;
    layer.reading.at('E_REFERENCE_UNKNOWN', node, at, message);
  }
  const rebased = loaded && childOf(rebasePaths(loaded.root, posix.dirname(written)), 'services');
  const source: ServiceSource | undefined =
    loaded && rebased?.kind === 'map' && file !== undefined
      ? { file, services: rebased, resets: loaded.resets, done: new Map() }
      : undefined;
  layer.extended.set(written, source ?? null);
  return source;
}

function reportCycle(
  reading: Reading,
  node: ComposeNode,
  path: string,
  chain: readonly Link[],
): void {
  const { file } = nodePlace(node);
  const shown = chain.map((link) => {
    return link.file === file ? link.service : `${link.service} (${link.file})`;
  });
  reading.at('E_DEPENDENCY_CYCLE', node, path, `extends itself: ${shown.join(' -> ')}`);
}
