import { decodeText } from '../yaml/decode.ts';
import { isForbiddenKey } from '../yaml/limits.ts';
import { lineStartsOf, placeOf } from '../yaml/text.ts';
import { DOTENV_LIMITS, type DotenvOptions, parseDotenv } from './dotenv.ts';
import type { Reading } from './reading.ts';
import type { Lookup } from './template.ts';

/** Bytes of a .env or env_file -> its values; faults are told at their place in that file. */
export function readEnvironment(
  reading: Reading,
  file: string,
  bytes: Uint8Array,
  lookup: Lookup,
  options?: DotenvOptions,
): ReadonlyMap<string, string> {
  const text = readText(reading, file, bytes);
  if (text === undefined) return new Map();
  const { values, faults } = parseDotenv(text, lookup, options);
  for (const { at, message } of faults) {
    reading.elsewhere('E_DOTENV', placeOf(file, lineStartsOf(text), at), message);
  }
  return values;
}

/** `format: raw`: everything after the first `=` of a line, as it stands; as far as a first fault. */
export function readRawEnvironment(
  reading: Reading,
  file: string,
  bytes: Uint8Array,
  lookup: Lookup = () => undefined,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const text = readText(reading, file, bytes) ?? '';
  let at = 0;
  for (const line of text.split('\n')) {
    const fault = readRawLine(line.replace(/\r$/, '').trimStart(), values, lookup);
    if (fault !== undefined) {
      reading.elsewhere('E_DOTENV', placeOf(file, lineStartsOf(text), at), fault);
      break;
    }
    at += line.length + 1;
  }
  return values;
}

/** What is wrong with the line, if anything is. */
function readRawLine(
  line: string,
  values: Map<string, string>,
  lookup: Lookup,
): string | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const equals = line.indexOf('=');
  const name = equals < 0 ? line : line.slice(0, equals);
  if (name === '') return 'a value without a name';
  if (/\s/.test(name)) return `the name ${JSON.stringify(name)} has a blank in it`;
  if (isForbiddenKey(name)) return `the name ${JSON.stringify(name)} is not allowed`;
  const value = equals < 0 ? lookup(name) : line.slice(equals + 1);
  if (value !== undefined) values.set(name, value);
  return undefined;
}

function readText(reading: Reading, file: string, bytes: Uint8Array): string | undefined {
  if (bytes.length > DOTENV_LIMITS.fileBytes) {
    const message = `larger than ${DOTENV_LIMITS.fileBytes / 1024} KiB`;
    return reading.elsewhere('E_FILE_TOO_LARGE', { file, line: 0, column: 0 }, message);
  }
  const { text, fault } = decodeText(bytes);
  if (!fault) return text;
  const place = placeOf(file, lineStartsOf(text), fault.at);
  return reading.elsewhere('E_YAML_ENCODING', place, fault.message);
}
