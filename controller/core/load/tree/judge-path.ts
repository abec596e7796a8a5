/** Path characters that are never shown raw and never used: controls, backslash, invisible marks. */
const ODD_CHARACTER =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused here.
  /[\0-\x1F\x7F-\x9F\\\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFFD]/;
const ODD_PART = /(?:^|\/)(?:\.{1,2}|\.git|git~[0-9]+)?(?:\/|$)/i;
const MAX_LENGTH = 1_024;
const MAX_PART = 255;

/** Why a path of the tree must not be used, or undefined. */
export function pathFault(path: string): string | undefined {
  if (path.length > MAX_LENGTH) return 'the path is longer than 1,024 characters';
  if (ODD_CHARACTER.test(path))
    return 'the name has a control character, backslash or invisible mark';
  if (hasOddPart(path)) return 'a part of the path is empty, . or .., or means git itself';
  if (path.length > MAX_PART && path.split('/').some((part) => part.length > MAX_PART)) {
    return 'a part of the path is longer than 255 characters';
  }
  return undefined;
}

/** A part that means git itself or leads out: never a folder like those that begin with a dot. */
export const hasOddPart = (path: string): boolean => ODD_PART.test(path);

/** Whether some folder of the path begins with a dot; `.` and the root do not count. */
export function inDotFolder(path: string, root: string): boolean {
  const within = root === '' ? path : path.slice(root.length + 1);
  return within.startsWith('.') ? within.includes('/') : /\/\.[^/]*\//.test(within);
}

export const isYamlPath = (path: string): boolean => /\.ya?ml$/i.test(path);
