/** The name every agent checks, whatever address it dialled: the CA signs no other server. */
export const SERVER_NAME = 'controller.skep.internal';

/** What a join token carries, as base64url JSON in one word. */
export interface JoinToken {
  readonly host: string;
  /** `address:port` of the agent listener, best first. */
  readonly agent: readonly string[];
  /** `address:port` of the enrolment listener, best first. */
  readonly enroll: readonly string[];
  /** Hex SHA-256 of the CA certificate. */
  readonly ca: string;
  /** Good once. */
  readonly secret: string;
}

const MOST_TEXT = 16_384;

export function encodeJoinToken(token: JoinToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Undefined where the word is no join token, or only a part of one. */
export function decodeJoinToken(word: string): JoinToken | undefined {
  if (word.length > MOST_TEXT) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(word.trim(), 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { host, agent, enroll, ca, secret } = value as Partial<JoinToken>;
  if (!isText(host) || !isText(secret) || !isText(ca) || !/^[0-9a-f]{64}$/.test(ca)) {
    return undefined;
  }
  if (!areTexts(agent) || !areTexts(enroll)) return undefined;
  return { host, agent, enroll, ca, secret };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const areTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.length <= 32 && value.every(isText);
