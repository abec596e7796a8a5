import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  entryAt,
  itemsOf,
  mapAt,
  recordAt,
  scalarAt,
  textOf,
} from './node.ts';

const SERVICE_PREFIX = 'service:';
const NAMESPACES = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'];

/** `depends_on` with the services that this one needs without saying so. */
export function withDependencies(service: ComposeMap): ComposeEntry | undefined {
  const declared = service.entries.get('depends_on');
  const own = declared?.value.kind === 'map' ? declared.value.entries : [];
  const entries = new Map<string, ComposeEntry>(own);
  const add = (name: string, node: ComposeNode, restart: boolean) => {
    if (entries.has(name)) return;
    const value = recordAt(node, {
      condition: scalarAt(node, 'service_started'),
      restart: restart ? scalarAt(node, true) : undefined,
      required: scalarAt(node, true),
    });
    entries.set(name, entryAt(node, value));
  };
  for (const link of itemsOf(service, 'links')) {
    const written = textIn(link);
    const parts = written.split(':');
    add(parts.length === 2 ? (parts[0] ?? '') : written, link, true);
  }
  for (const namespace of NAMESPACES) {
    const node = service.entries.get(namespace)?.value;
    const written = textOf(service, namespace);
    if (!node || !written?.startsWith(SERVICE_PREFIX)) continue;
    add(written.slice(SERVICE_PREFIX.length), node, true);
  }
  for (const from of itemsOf(service, 'volumes_from')) {
    const written = textIn(from);
    if (!written.startsWith('container:')) add(written.split(':')[0] ?? '', from, false);
  }
  if (entries.size === 0) return undefined;
  if (declared) return { ...declared, value: mapAt(declared.value, entries) };
  return entryAt(service, mapAt(service, entries));
}

const textIn = (node: ComposeNode): string => (node.kind === 'scalar' ? String(node.value) : '');
