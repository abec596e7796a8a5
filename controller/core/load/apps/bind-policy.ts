import { posix } from 'node:path';

/** What an app must not mount without a privilege of its project, with what lies below. */
const PROTECTED = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
  '/var/lib/containerd',
  '/var/lib/docker',
  '/var/lib/skep',
  '/var/run',
  '/var/spool/cron',
];

/** What every image expects to see, harmless to read. */
const READABLE = ['/etc/localtime', '/etc/timezone', '/usr/share'];

const SOCKET = /(?:^|\/)(?:docker|containerd|podman|crio|dockershim|buildkitd)\.(?:sock|pipe)$/;
/** Folders that hold an engine socket. */
const SOCKET_FOLDERS = ['/run', '/run/containerd', '/run/docker', '/run/podman', '/var/run'];
const PIPE = /^(?:\\\\|\/\/)[.?][\\/]pipe/i;

export type BindJudgement =
  | { readonly kind: 'allowed' }
  | {
      readonly kind: 'refused';
      readonly code: 'P_BIND' | 'P_DOCKER_SOCKET';
      readonly grant: string;
    };

/** Whether a project with these privileges may mount a host path. Spelling makes no difference. */
export function judgeBind(
  source: string,
  readOnly: boolean,
  privileges: readonly string[],
): BindJudgement {
  const path = normalPath(source);
  const granted = privileges.some((privilege) => {
    return privilege.startsWith('bind:') && isWithin(path, normalPath(privilege.slice(5)));
  });
  if (granted) return { kind: 'allowed' };
  if (PIPE.test(source) || SOCKET.test(path)) {
    if (privileges.includes('docker-socket')) return { kind: 'allowed' };
    return { kind: 'refused', code: 'P_DOCKER_SOCKET', grant: 'docker-socket' };
  }
  if (SOCKET_FOLDERS.includes(path)) {
    return { kind: 'refused', code: 'P_DOCKER_SOCKET', grant: `bind:${path}` };
  }
  if (readOnly && READABLE.some((folder) => isWithin(path, folder))) return { kind: 'allowed' };
  const touches = (folder: string) => isWithin(path, folder) || isWithin(folder, path);
  if (!PROTECTED.some(touches)) return { kind: 'allowed' };
  return { kind: 'refused', code: 'P_BIND', grant: `bind:${path}` };
}

/** Without `.`, `..`, `//` and a trailing `/`. */
export const normalPath = (path: string): string =>
  posix.normalize(`/${path}`).replace(/(?!^)\/$/, '');

const isWithin = (path: string, folder: string): boolean =>
  path === folder || folder === '/' || path.startsWith(`${folder}/`);
