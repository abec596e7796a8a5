import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { Failure } from '../../schemas/domain/index.ts';

/** Where a repository is. Git is allowed exactly the one protocol its kind needs. */
export type RepositoryLocation =
  | { readonly kind: 'local'; readonly address: string }
  | { readonly kind: 'ssh' | 'https'; readonly address: string };

const HINT = 'write an absolute path, ssh://[user@]host/path or https://host/path';
const CONTROL = /\p{Cc}/u;
const SSH_USER = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/**
 * Reads a repository setting by our own allow-list: git and simple-git accept far more (`ext::`,
 * `-oProxyCommand=`), some of which runs commands. The address is never echoed, since a refused
 * one may hold credentials.
 * @throws Failure E_URL
 */
export function parseRepository(text: string): RepositoryLocation {
  if (text === '' || text.trim() !== text) throw refused('is empty or has blanks around it');
  if (CONTROL.test(text)) throw refused('holds a control character');
  if (text.startsWith('-')) throw refused('starts with "-", which git would read as an option');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/|:)/.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return localPath(text);
  if (scheme === 'file') throw refused('is a file:// address; a plain path is meant');
  if (text.startsWith('https://')) return httpsAddress(text);
  if (text.startsWith('ssh://')) return sshAddress(text);
  throw refused(`uses "${scheme}", which is not allowed`);
}

/** Names the mirror's directory: equal for equal repositories, without telling the address. */
export function repositoryKey(location: RepositoryLocation): string {
  return createHash('sha256').update(`${location.kind}\n${location.address}`).digest('hex');
}

function localPath(text: string): RepositoryLocation {
  if (/^[^/]*:/.test(text)) throw refused('looks like host:path');
  return { kind: 'local', address: resolve(text) };
}

function httpsAddress(text: string): RepositoryLocation {
  const url = parsed(text);
  if (url.username !== '' || url.password !== '' || authority(text).includes('@')) {
    throw refused('holds credentials; they do not belong in an address');
  }
  checkHost(url, text);
  if (url.search !== '' || url.hash !== '') throw refused('has a query or a fragment');
  checkPath(url);
  return { kind: 'https', address: text };
}

function sshAddress(text: string): RepositoryLocation {
  const url = parsed(text);
  if (url.password !== '' || authority(text).includes(':@')) {
    throw refused('holds a password; they do not belong in an address');
  }
  if (url.username !== '' && !SSH_USER.test(url.username)) throw refused('has an odd user name');
  checkHost(url, text);
  if (url.search !== '' || url.hash !== '') throw refused('has a query or a fragment');
  checkPath(url);
  return { kind: 'ssh', address: text };
}

function parsed(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw refused('is not a valid address');
  }
}

const authority = (text: string): string => /^[a-z]+:\/\/([^/]*)/.exec(text)?.[1] ?? '';

/**
 * The host as written must be the host as read: `0x7f.1` or `2130706433` hide an address.
 * Private and loopback hosts are allowed, since the setting is the operator's; link-local ones,
 * where clouds serve their credentials, are not.
 */
function checkHost(url: URL, text: string): void {
  const written = authority(text)
    .replace(/^[^@]*@/, '')
    .replace(/:\d+$/, '');
  const bare = written.replace(/^\[(.*)\]$/, '$1');
  const odd = bare !== written ? isIP(bare) !== 6 : !HOST.test(written);
  const numeric = isIP(written) === 0 && /^(?:0x[0-9a-f]*|\d+)(?:\.|$)/i.test(lastLabel(written));
  if (odd || numeric) throw refused('has an odd host name');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (host.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/.test(host) || host.includes('::ffff:')) {
    throw refused('names a link-local address');
  }
}

const lastLabel = (host: string): string => host.replace(/\.$/, '').split('.').at(-1) ?? '';

function checkPath(url: URL): void {
  if (url.pathname === '' || url.pathname === '/') throw refused('has no path');
  if (url.pathname.startsWith('/-')) throw refused('has a path that starts with "-"');
}

function refused(why: string): Failure {
  return new Failure('E_URL', `the repository address ${why}: ${HINT}`, { retry: 'never' });
}

/**
 * A branch by git's own rules (git-check-ref-format), so that it can never be read as an option,
 * a pattern or a path outside of refs/heads.
 * @throws Failure E_BRANCH
 */
export function parseBranch(text: string): string {
  const bad =
    text === '' ||
    text.length > 200 ||
    text.startsWith('-') ||
    CONTROL.test(text) ||
    /[ ~^:?*[\\]|\.\.|@\{|\/\/|\.$|^\/|\/$|^@$/.test(text) ||
    text.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));
  if (!bad) return text;
  throw new Failure('E_BRANCH', `not a branch name: ${JSON.stringify(text.slice(0, 100))}`, {
    retry: 'never',
  });
}

/**
 * A folder inside the repository, `''` for its root.
 * @throws Failure E_PATH
 */
export function parseFolder(text: string): string {
  const parts = text.replace(/\/+$/, '').split('/');
  const kept = parts.filter((part) => part !== '.');
  const bad =
    CONTROL.test(text) || kept.some((part) => part === '..' || (part === '' && kept.length > 1));
  if (!bad) return kept.join('/');
  const said = JSON.stringify(text.slice(0, 100));
  throw new Failure('E_PATH', `not a folder inside the repository: ${said}`, { retry: 'never' });
}
