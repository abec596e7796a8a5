import { createHash } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { Failure } from '../../schemas/domain/index.ts';
import type { ApiDeps, SigningKey } from './ports.ts';

/** Life of an access token. */
export const ACCESS_TOKEN_S = 15 * 60;
/** A token may come from a clock that is so much ahead: ours before it was set back. */
const SKEW_S = 60;
const MAX_TOKEN_CHARS = 2_048;
const TYPE = 'at+jwt';
const AUDIENCE = 'skep-api';

export interface AccessClaims {
  readonly user: string;
  readonly passwordMark: string;
  readonly expiresAtS: number;
}

type TokenDeps = Pick<ApiDeps, 'keys' | 'installation' | 'clock' | 'randomBytes'>;

/** @throws Failure WeakKey unless both are P-256 pairs under different names. */
export function checkKeys({ keys }: Pick<ApiDeps, 'keys'>): void {
  const pairs = [keys.current, ...(keys.previous ? [keys.previous] : [])];
  for (const { kid, privateKey, publicKey } of pairs) {
    const curves = [privateKey, publicKey].map((key) => key.asymmetricKeyDetails?.namedCurve);
    const fits = privateKey.type === 'private' && publicKey.type === 'public' && kid !== '';
    if (fits && curves.every((curve) => curve === 'prime256v1')) continue;
    throw new Failure('WeakKey', `The signing key ${kid} is no P-256 pair.`, { retry: 'never' });
  }
  if (keys.previous?.kid === keys.current.kid) {
    const message = `Both signing keys are named ${keys.current.kid}.`;
    throw new Failure('WeakKey', message, { retry: 'never' });
  }
}

export function issueAccessToken(deps: TokenDeps, user: string, passwordMark: string): string {
  const issuedAtS = Math.floor(deps.clock.now() / 1_000);
  const { kid, privateKey } = deps.keys.current;
  const claims = {
    iss: issuer(deps),
    aud: AUDIENCE,
    sub: user,
    iat: issuedAtS,
    exp: issuedAtS + ACCESS_TOKEN_S,
    jti: deps.randomBytes(12).toString('base64url'),
    pwm: passwordMark,
  };
  const header = { alg: 'ES256', typ: TYPE, kid } as const;
  return jsonwebtoken.sign(claims, privateKey, { algorithm: 'ES256', header });
}

/**
 * The claims of a token that is ours, in force and complete; undefined for every other text. The
 * header chooses nothing but one of two known keys.
 */
export function verifyAccessToken(deps: TokenDeps, token: string): AccessClaims | undefined {
  if (token.length > MAX_TOKEN_CHARS) return undefined;
  const nowS = Math.floor(deps.clock.now() / 1_000);
  try {
    const key = keyFor(deps, jsonwebtoken.decode(token, { complete: true })?.header);
    if (!key) return undefined;
    const claims = jsonwebtoken.verify(token, key.publicKey, {
      algorithms: ['ES256'],
      issuer: issuer(deps),
      audience: AUDIENCE,
      clockTimestamp: nowS,
      // Times are judged below, without the library's leniency for missing ones.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
    return typeof claims === 'string' ? undefined : toClaims(claims, nowS);
  } catch {
    return undefined;
  }
}

const HEADER_FIELDS = new Set(['alg', 'typ', 'kid']);

/** A header with anything more (`jku`, `jwk`, `x5u`, `crit`) is not one that we wrote. */
function keyFor({ keys }: TokenDeps, header: object | undefined): SigningKey | undefined {
  if (!header || Object.keys(header).some((field) => !HEADER_FIELDS.has(field))) return undefined;
  const { alg, typ, kid } = header as Record<string, unknown>;
  if (alg !== 'ES256' || typ !== TYPE) return undefined;
  return [keys.current, keys.previous].find((key) => key !== undefined && key.kid === kid);
}

function toClaims(claims: Record<string, unknown>, nowS: number): AccessClaims | undefined {
  const { sub, iat, exp, nbf, jti, pwm, aud } = claims;
  const texts = [sub, jti, pwm, aud];
  if (!texts.every((text) => typeof text === 'string' && text !== '')) return undefined;
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) return undefined;
  const [issuedAtS, expiresAtS] = [Number(iat), Number(exp)];
  if (nbf !== undefined && !(Number.isSafeInteger(nbf) && Number(nbf) <= nowS)) return undefined;
  if (expiresAtS <= nowS || issuedAtS > nowS + SKEW_S) return undefined;
  if (expiresAtS - issuedAtS > ACCESS_TOKEN_S) return undefined;
  return { user: String(sub), passwordMark: String(pwm), expiresAtS };
}

const issuer = ({ installation }: TokenDeps): string => `skep:${installation}`;

const REFRESH_PATTERN = /^skr_[A-Za-z0-9_-]{43}$/;

export const newRefreshToken = ({ randomBytes }: TokenDeps): string =>
  `skr_${randomBytes(32).toString('base64url')}`;

export const isRefreshToken = (text: string): boolean => REFRESH_PATTERN.test(text);

export const hashRefreshToken = (token: string): string =>
  createHash('sha256').update(token).digest('hex');
