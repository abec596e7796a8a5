import { decodeText } from '../yaml/decode.ts';
import { lineStartsOf, placeOf } from '../yaml/text.ts';
import { DOTENV_LIMITS, parseDotenv } from './dotenv.ts';
import type { Reading } from './reading.ts';
import type { Lookup } from './template.ts';

/** Bytes of a .env or env_file -> its values; faults are told at their place in that file. */
export function readEnvironment(
  reading: Reading,
  file: string,
  bytes: Uint8Array,
  lookup: Lookup,
): ReadonlyMap<string, string> {
  const text = readText(reading, file, bytes);
  if (text === undefined) return new Map();
  const { values, faults } = parseDotenv(text, lookup);
  for (const { at, message } of faults) {
    reading.elsewhere('E_DOTENV', placeOf(file, lineStartsOf(text), at), message);
  }
  return values;
}

/** `format: raw`: everything after the first `=` of a line, as it stands. */
export function readRawEnvironment(
  reading: Reading,
  file: string,
  bytes: Uint8Array,
): Iterable<[string, string]> {
  const text = readText(reading, file, bytes) ?? '';
  const lines = text.split('\n').filter((line) => line.includes('=') && !line.startsWith('#'));
  return lines.map((line) => {
    const equals = line.indexOf('=');
    return [line.slice(0, equals).trim(), line.slice(equals + 1).replace(/\r$/, '')];
  });
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
