import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { SERVER_NAME } from '../../proto/join-token.ts';
import { Failure, type HostName, NAME_PATTERN, toHostName } from '../../schemas/domain/index.ts';

export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOST_URI = 'skep:host:';
const ENROLMENT_URI = 'skep:enrolment:';

/** Who a certificate of ours was issued to. */
export interface Subject {
  readonly host: HostName;
  readonly enrolment: string;
}

/** What a client certificate of ours carries beyond its key. */
export const clientExtensions = ({ host, enrolment }: Subject): readonly x509.Extension[] => [
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  new x509.SubjectAlternativeNameExtension([
    { type: 'url', value: `${HOST_URI}${host}` },
    { type: 'url', value: `${ENROLMENT_URI}${enrolment}` },
  ]),
];

export const serverExtensions = (names: readonly string[]): readonly x509.Extension[] => [
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  new x509.SubjectAlternativeNameExtension(
    [SERVER_NAME, ...names].map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
  ),
];

/** Undefined where the certificate names no host and enrolment of ours. */
export function subjectOf(certificate: x509.X509Certificate): Subject | undefined {
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const after = (prefix: string) =>
    names
      .find((item) => item.type === 'url' && item.value.startsWith(prefix))
      ?.value.slice(prefix.length);
  const host = after(HOST_URI);
  const enrolment = after(ENROLMENT_URI);
  if (!host || !enrolment || !NAME_PATTERN.test(host)) return undefined;
  return { host: toHostName(host), enrolment };
}

/** For TLS clients, and for nothing else. */
export function isClientOnly(certificate: x509.X509Certificate): boolean {
  const usages = certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? [];
  return usages.length === 1 && usages[0] === x509.ExtendedKeyUsage.clientAuth;
}

/** Undefined where the bytes are no certificate. */
export function parseCertificate(der: Uint8Array): x509.X509Certificate | undefined {
  try {
    return new x509.X509Certificate(Buffer.from(der));
  } catch {
    return undefined;
  }
}

/**
 * A certificate request that is signed with its own key, an ECDSA P-256 one.
 * @throws Failure CsrInvalid
 */
export async function checkedRequest(der: Uint8Array): Promise<x509.Pkcs10CertificateRequest> {
  const invalid = (message: string, cause?: unknown) =>
    new Failure('CsrInvalid', `J_CSR: ${message}`, { retry: 'never', cause });
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(Buffer.from(der));
  } catch (cause) {
    throw invalid('not a certificate request', cause);
  }
  // The kind of key first: a signature check of a huge RSA key is work for nothing.
  const { name, namedCurve } = request.publicKey.algorithm as {
    name?: string;
    namedCurve?: string;
  };
  if (name !== ALGORITHM.name || namedCurve !== ALGORITHM.namedCurve) {
    throw invalid('the key must be ECDSA P-256');
  }
  const signed = await request.verify().catch(() => false);
  if (!signed) throw invalid('the request is not signed with its own key');
  return request;
}

export const sameKey = (a: x509.PublicKey, b: x509.PublicKey): boolean =>
  Buffer.from(a.rawData).equals(Buffer.from(b.rawData));

/** 127 bits, never negative. */
export function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return Buffer.from(bytes).toString('hex');
}

/** PKCS#8 PEM. */
export async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return x509.PemConverter.encode(der, 'PRIVATE KEY');
}

export async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(pem);
  return await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
}
