const CODES = { red: 31, green: 32, yellow: 33, blue: 34, grey: 90, bold: 1 } as const;
export type Colour = keyof typeof CODES;

export type Paint = (colour: Colour, text: string) => string;

/** Paints, or leaves the text as it is. */
export const paintWith = (enabled: boolean): Paint =>
  enabled ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_, text) => text;

const HEALTH_COLOURS: Readonly<Record<string, Colour>> = {
  Healthy: 'green',
  Synced: 'green',
  applied: 'green',
  done: 'green',
  online: 'green',
  Progressing: 'blue',
  progressing: 'blue',
  loading: 'blue',
  OutOfSync: 'yellow',
  Suspended: 'yellow',
  Missing: 'yellow',
  held: 'yellow',
  superseded: 'grey',
  Unknown: 'grey',
  'never-seen': 'grey',
  Degraded: 'red',
  failed: 'red',
  rejected: 'red',
  offline: 'red',
};

/** The colour of a word of health, sync or state, where it has one. */
const colourOf = (word: string): Colour | undefined => HEALTH_COLOURS[word];

export function paintWord(paint: Paint, word: string): string {
  const colour = colourOf(word);
  return colour ? paint(colour, word) : word;
}

/** Control and text-direction characters out: text from the network must not steer a terminal. */
export const plain = (text: string): string =>
  text.replaceAll(/(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?');
