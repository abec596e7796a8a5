/**
 * What the journal knows objects by. Ids are never used twice. A volume has none, and its age is no
 * help: up to Docker 20.10 that is the last change of its folder, which whoever writes to it moves.
 * So it is known by its name, and forgotten once it is gone.
 */

export const containerKey = (id: string): string => id;
export const networkKey = (id: string): string => `network ${id}`;
export const volumeKey = (name: string): string => `volume ${name}`;

export const isVolumeKey = (key: string): boolean => key.startsWith('volume ');

/** Keys of volumes once held their age, too. */
export const withoutAge = (key: string): string => key.replace(/^(volume [^ ]+) .*$/, '$1');
