import { issueAt } from '../issues.ts';
import { decodeText } from '../yaml/decode.ts';
import { lineStartsOf, placeOf } from '../yaml/text.ts';
import { DOTENV_LIMITS, parseDotenv } from './dotenv.ts';
import type { Reading } from './reading.ts';
import type { Lookup } from './template.ts';

/** Bytes of a .env or env_file -> its values; faults are reported at their place in that file. */
export function readEnvironment(
  reading: Reading,
  file: string,
  bytes: Uint8Array,
  lookup: Lookup,
): ReadonlyMap<string, string> {
  if (bytes.length > DOTENV_LIMITS.fileBytes) {
    const message = `larger than ${DOTENV_LIMITS.fileBytes / 1024} KiB`;
    reading.put('E_FILE_TOO_LARGE', { file, line: 0, column: 0 }, '', message);
    return new Map();
  }
  const { text, fault } = decodeText(bytes);
  const report = (code: 'E_DOTENV' | 'E_YAML_ENCODING', at: number, message: string) => {
    reading.issues.push(issueAt(code, placeOf(file, lineStartsOf(text), at), '', message));
  };
  if (fault) {
    report('E_YAML_ENCODING', fault.at, fault.message);
    return new Map();
  }
  const { values, faults } = parseDotenv(text, lookup);
  for (const { at, message } of faults) report('E_DOTENV', at, message);
  return values;
}
