/** An image reference in the short spelling of Docker's programs, with a tag or digest. */

const ID = /^[0-9a-f]{64}$/;
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const HUB = new Set(['docker.io', 'index.docker.io']);
const OFFICIAL = /^library\/(?=[^/]+$)/;
const LATEST = 'latest';

/** Undefined where it is none. `docker.io/library/nginx` becomes `nginx:latest`. */
export function taggedImage(text: string): string | undefined {
  if (ID.test(text)) return text;
  const [named = '', digest, ...rest] = text.split('@');
  const slash = named.lastIndexOf('/');
  const colon = named.indexOf(':', slash + 1);
  const name = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (rest.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const short = familiarName(name);
  if (short === undefined) return undefined;
  const shownTag = tag ?? (digest === undefined ? LATEST : undefined);
  return short + (shownTag === undefined ? '' : `:${shownTag}`) + (digest ? `@${digest}` : '');
}

function familiarName(name: string): string | undefined {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = /[.:A-Z]/.test(first) || first === 'localhost';
  const path = isDomain ? name.slice(slash + 1) : name;
  if (!PATH.test(path)) return undefined;
  return isDomain && !HUB.has(first) ? name : path.replace(OFFICIAL, '');
}
