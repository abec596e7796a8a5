/** Finds what looks secret in a written Compose file and puts a `${NAME}` in its place. Pure. */

type Plain = Readonly<Record<string, unknown>>;

export interface WithoutSecrets {
  /** Every `$` of it is doubled, but for those of the names. */
  readonly compose: Plain;
  /** Name -> value: what the file asks for. */
  readonly values: ReadonlyMap<string, string>;
}

const NAMED_SO =
  /pass(?:word|wd|phrase)|(?:^|[^a-z])pass(?![a-z])|secret|token|credential|private|api_?key|(?:^|[_-])key$|_dsn$|_auth$|(?:^|_)pwd$/i;
const CREDENTIALS_IN_URL = /:\/\/[^/\s:@]*:[^/\s@]+@/;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** `--password=x`, `-token=x`. */
const OPTION = /^(--?[\w.-]*(?:password|passwd|passphrase|secret|token|api-?key)[\w.-]*=)(.+)$/i;
const HEX = /^[0-9a-f]{32,}$/i;
const WORD = /^[A-Za-z0-9+/=_-]{20,}$/;
const MOST_BITS_OF_WORDS = 3.6;
const SHORTEST_INSIDE = 6;

/** By its name, by its form, or because no person would make up such a text. */
export function looksSecret(name: string, value: string): boolean {
  if (value === '') return false;
  if (NAMED_SO.test(name) && !/^(?:true|false|yes|no|\d{1,5})$/i.test(value)) {
    // The path of a secret is none: `POSTGRES_PASSWORD_FILE=/run/secrets/db`.
    return !(/_FILE$/i.test(name) && value.startsWith('/'));
  }
  return isSecretText(value);
}

function isSecretText(value: string): boolean {
  if (CREDENTIALS_IN_URL.test(value) || PRIVATE_KEY.test(value) || HEX.test(value)) return true;
  const isMixed = /\d/.test(value) && /[a-z]/i.test(value) && !/^\/|\.|\/.*\/.*\//.test(value);
  return WORD.test(value) && isMixed && bits(value) > MOST_BITS_OF_WORDS;
}

/** Shannon's entropy of one character. */
function bits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) {
    const share = count / text.length;
    sum -= share * Math.log2(share);
  }
  return sum;
}

export function withoutSecrets(compose: Plain): WithoutSecrets {
  const names = new Map<string, string>();
  const values = new Map<string, string>();
  const services = membersOf(compose['services']);
  const name = (wanted: string, fallback: string, value: string) => {
    const known = names.get(value);
    if (known) return known;
    let free = isFree(values, wanted, value) ? wanted : fallback;
    for (let count = 2; !isFree(values, free, value); count += 1) free = `${fallback}_${count}`;
    names.set(value, free);
    values.set(free, value);
    return free;
  };
  for (const [key, service] of Object.entries(services)) {
    for (const [variable, value] of Object.entries(membersOf(membersOf(service)['environment']))) {
      if (typeof value !== 'string' || !looksSecret(variable, value)) continue;
      name(variableName(variable), variableName(`${key}_${variable}`), value);
    }
  }
  const write = (text: string, path: readonly string[]): string => {
    const [, service = 'app', member = 'value', variable] = path;
    const isVariable = member === 'environment' && variable !== undefined;
    const known = names.get(text);
    if (isVariable) return known ? `\${${known}}` : escaped(text);
    const option = OPTION.exec(text);
    const found = name.bind(undefined, variableName(`${service}_${member}`));
    const fallback = variableName(`${service}_${member}_2`);
    if (option?.[1] !== undefined && option[2] !== undefined && !known) {
      return `${escaped(option[1])}\${${found(fallback, option[2])}}`;
    }
    if (!known && CREDENTIALS_IN_URL.test(text)) return `\${${found(fallback, text)}}`;
    return inside(text, names);
  };
  return { compose: membersOf(mapped(compose, [], write)), values };
}

const isFree = (values: ReadonlyMap<string, string>, name: string, value: string): boolean =>
  !values.has(name) || values.get(name) === value;

/** What is named already, wherever it stands. */
function inside(text: string, names: ReadonlyMap<string, string>): string {
  for (const [value, name] of names) {
    if (value.length < SHORTEST_INSIDE || !text.includes(value)) continue;
    return text
      .split(value)
      .map((part) => inside(part, names))
      .join(`\${${name}}`);
  }
  return escaped(text);
}

const escaped = (text: string): string => text.replaceAll('$', '$$$$');

/** What a Compose file can ask for by name. */
function variableName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');
  const plain = name.slice(0, 100);
  return plain.startsWith('SKEP_') ? `_${plain}` : plain;
}

function membersOf(value: unknown): Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

type Write = (text: string, path: readonly string[]) => string;

function mapped(value: unknown, path: readonly string[], write: Write): unknown {
  if (typeof value === 'string') return write(value, path);
  if (Array.isArray(value)) return value.map((item) => mapped(item, path, write));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, mapped(member, [...path, key], write)]),
  );
}
