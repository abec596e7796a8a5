/** What the journal knows objects by. Ids are never used twice; a volume has none. */

export const containerKey = (id: string): string => id;
export const networkKey = (id: string): string => `network ${id}`;

/** A later volume of that name is another one. */
export const volumeKey = (name: string, createdAt: string): string => `volume ${name} ${createdAt}`;
