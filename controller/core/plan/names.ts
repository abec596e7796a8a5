/** Names a container has for a while; the rest of a rollout is read from them. */

const PARKED = /\.old-[0-9a-f]{1,8}$/;
const BESIDE = /\.new-[0-9a-f]{1,8}$/;
const SHORT = 8;

/** The new container's name while the old one still holds the real one (start-first). */
export const besideName = (name: string, specHash: string): string =>
  `${name}.new-${shortHash(specHash)}`;

/** The old container's name while the new one is tried (stop-first). */
export const parkedName = (name: string, containerId: string): string =>
  `${name}.old-${containerId.slice(0, SHORT)}`;

/** Set aside by us: if it is stopped, we stopped it. */
export const isParked = (name: string): boolean => PARKED.test(name);
export const isBeside = (name: string): boolean => BESIDE.test(name);

/** First 8 hex digits, without the version of the hash. */
const shortHash = (specHash: string): string =>
  specHash.slice(specHash.indexOf(':') + 1).slice(0, SHORT);

/** The engine's image id as people see it. */
export const shortImageId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);
