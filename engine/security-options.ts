/** A seccomp profile by the path that stands in the Compose file; undefined where none is. */
export type ReadProfile = (path: string) => string | undefined;

export interface SecurityOptions {
  readonly options: readonly string[];
  /** Why one of them cannot be sent, by its index. */
  readonly faults: readonly { readonly index: number; readonly message: string }[];
}

const BARE = 'no-new-privileges';
const NOT_A_FILE = new Set(['unconfined', 'builtin']);

/** As Compose sends them: a seccomp profile goes to the engine as text, not as a path. */
export function securityOptions(written: readonly string[], read: ReadProfile): SecurityOptions {
  const options: string[] = [];
  const faults: { index: number; message: string }[] = [];
  for (const [index, option] of written.entries()) {
    const sent = securityOption(option, read);
    if (typeof sent === 'string') options.push(sent);
    else faults.push({ index, message: sent.fault });
  }
  return { options, faults };
}

function securityOption(option: string, read: ReadProfile): string | { readonly fault: string } {
  const separator = option.includes('=') ? '=' : ':';
  const at = option.indexOf(separator);
  if (at < 0) {
    return option === BARE ? option : { fault: `${JSON.stringify(option)} is no security option` };
  }
  const value = option.slice(at + 1);
  if (option.slice(0, at) !== 'seccomp' || NOT_A_FILE.has(value)) return option;
  const text = read(value);
  if (text === undefined) return { fault: `the seccomp profile ${value} is not there` };
  const json = compactJson(text);
  return json === undefined
    ? { fault: `the seccomp profile ${value} is not JSON` }
    : `seccomp=${json}`;
}

const STRING_OR_SPACE = /"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g;

/** Without white space between the tokens, which stay as they were written. */
function compactJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return text.replace(STRING_OR_SPACE, (token) => (token.startsWith('"') ? token : ''));
}
