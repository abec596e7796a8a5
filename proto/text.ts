/** Longest text that is shown, and longest name, in UTF-16 units. */
const TEXT_LENGTH = 4_096;
const NAME_LENGTH = 512;

/**
 * Cut to length, with what could act on a terminal or a page made visible: control, format and
 * direction characters but newline and tab. Lone surrogates become U+FFFD, as on the wire.
 */
export function cleanText(text: string, length = TEXT_LENGTH): string {
  return text
    .slice(0, length)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
      if (character === '\n' || character === '\t') return character;
      return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
    });
}

export const cleanName = (text: string): string => cleanText(text, NAME_LENGTH);
