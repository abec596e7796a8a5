import {
  type ConfigDigests,
  canonicalText,
  compareText,
  saltedDigest,
} from '../../schemas/domain/index.ts';
import type { Fields, PresentConfiguration } from './configuration.ts';

/**
 * What may leave a host of the configuration of containers that are not ours: no value, only
 * digests of them under a salt (decision 13).
 */
export function digestsOf({ fields, implied }: PresentConfiguration, salt: string): ConfigDigests {
  const names = [...fields.keys()].sort(compareText);
  return {
    salt,
    fields: Object.fromEntries(names.map((name) => [name, digest(salt, fields.get(name))])),
    implied: names.filter((name) => implied.has(name)),
  };
}

/** Names of the fields in which what is there is not what is asked for; none: it is the same. */
export function differences(asked: Fields, present: ConfigDigests): readonly string[] {
  const { salt, fields } = present;
  const implied = new Set(present.implied);
  const changed = [...asked].filter(([name, value]) =>
    value === null ? Object.hasOwn(fields, name) : fields[name] !== digest(salt, value),
  );
  const unasked = Object.keys(fields).filter((name) => !asked.has(name) && !implied.has(name));
  return [...changed.map(([name]) => name), ...unasked].sort(compareText);
}

const digest = (salt: string, value: unknown): string => saltedDigest(salt, canonicalText(value));
