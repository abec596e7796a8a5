import { listOf, type Members, membersOf, textOf, trimmed } from './values.ts';

/** The engine's own name of an anonymous volume. */
const ANONYMOUS = /^[0-9a-f]{64}$/;
const PROPAGATIONS: ReadonlySet<string> = new Set([
  'private',
  'shared',
  'rshared',
  'slave',
  'rslave',
]);
const FIRST_COLON_OF_PATH = /:(?=\/)/;

/**
 * What is mounted, by path inside the container: short and long syntax give the same. What a
 * later form says of a path goes before an earlier one, as the engine has it.
 */
export function mountFields(config: Members, host: Members): ReadonlyMap<string, unknown> {
  const mounts = new Map<string, unknown>();
  const put = (target: string, mount: unknown) => mounts.set(cleanPath(target), trimmed(mount));
  for (const target of Object.keys(membersOf(config['Volumes']))) put(target, ANONYMOUS_VOLUME);
  for (const bind of listOf(host['Binds'])) {
    const { target, mount } = parseBind(String(bind));
    put(target, mount);
  }
  for (const entry of listOf(host['Mounts'])) {
    const mount = membersOf(entry);
    put(textOf(mount['Target']), longMount(mount));
  }
  return mounts;
}

const ANONYMOUS_VOLUME = { type: 'volume' };

/** True for a volume that nobody gave a name. */
export const isAnonymous = (mount: unknown): boolean =>
  JSON.stringify(mount) === JSON.stringify(ANONYMOUS_VOLUME);

const cleanPath = (path: string): string =>
  path.length > 1 ? path.replace(/\/+$/, '') || '/' : path;

/** `source:/target:options`; a target alone is an anonymous volume. */
function parseBind(text: string): { target: string; mount: unknown } {
  const at = text.search(FIRST_COLON_OF_PATH);
  if (at < 0) return { target: text, mount: ANONYMOUS_VOLUME };
  const source = text.slice(0, at);
  const [target = '', words = ''] = text.slice(at + 1).split(':');
  const options = words.split(',');
  const isBind = source.startsWith('/');
  return {
    target,
    mount: {
      type: isBind ? 'bind' : 'volume',
      source: isBind ? cleanPath(source) : named(source),
      readOnly: options.includes('ro'),
      selinux: options.find((option) => option === 'z' || option === 'Z'),
      noCopy: options.includes('nocopy'),
      propagation: options.find((option) => PROPAGATIONS.has(option)),
    },
  };
}

/** An anonymous volume keeps its data under a name that nobody wrote. */
const named = (source: string): string => (ANONYMOUS.test(source) ? '' : source);

function longMount(mount: Members): unknown {
  const bind = membersOf(mount['BindOptions']);
  const volume = membersOf(mount['VolumeOptions']);
  const propagation = textOf(bind['Propagation']);
  const source = textOf(mount['Source']);
  return {
    type: textOf(mount['Type']),
    source: mount['Type'] === 'bind' ? cleanPath(source) : named(source),
    readOnly: mount['ReadOnly'],
    propagation: PROPAGATIONS.has(propagation) ? propagation : '',
    nonRecursive: bind['NonRecursive'],
    readOnlyNonRecursive: bind['ReadOnlyNonRecursive'],
    readOnlyForceRecursive: bind['ReadOnlyForceRecursive'],
    noCopy: volume['NoCopy'],
    subpath: volume['Subpath'],
    driver: volume['DriverConfig'],
    image: mount['ImageOptions'],
    tmpfs: mount['TmpfsOptions'],
  };
}
