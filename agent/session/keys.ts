import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

type CryptoKeyPair = webcrypto.CryptoKeyPair;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A new ECDSA P-256 key, PKCS#8 PEM. It never leaves the host. */
export async function newKey(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return x509.PemConverter.encode(der, 'PRIVATE KEY');
}

/** A PKCS#10 request signed with the key, DER. The signer ignores the name in it. */
export async function certificateRequest(host: string, key: string): Promise<Buffer> {
  x509.cryptoProvider.set(webcrypto);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${host}`,
    keys: await keyPair(key),
    signingAlgorithm: ALGORITHM,
  });
  return Buffer.from(request.rawData);
}

async function keyPair(pem: string): Promise<CryptoKeyPair> {
  const der = x509.PemConverter.decodeFirst(pem);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
  const { d: _, ...jwk } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicJwk = { ...jwk, key_ops: ['verify'] };
  const publicKey = await webcrypto.subtle.importKey('jwk', publicJwk, ALGORITHM, true, ['verify']);
  return { privateKey, publicKey };
}

/** Whether a certificate (DER) is of that key. */
export async function isCertificateOf(key: string, certificate: Uint8Array): Promise<boolean> {
  const { publicKey } = await keyPair(key);
  const own = await webcrypto.subtle.exportKey('spki', publicKey);
  const issued = new x509.X509Certificate(Buffer.from(certificate)).publicKey.rawData;
  return Buffer.from(own).equals(Buffer.from(issued));
}

/** Milliseconds from a certificate's begin to its end. PEM. */
export function lifeOf(certificate: string): number {
  const { notBefore, notAfter } = new x509.X509Certificate(certificate);
  return notAfter.getTime() - notBefore.getTime();
}

export const toPem = (der: Uint8Array): string =>
  x509.PemConverter.encode(Buffer.from(der), 'CERTIFICATE');

export const toDer = (pem: string): Buffer => Buffer.from(x509.PemConverter.decodeFirst(pem));

/** Hex SHA-256. */
export const digestOf = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');
