import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Failure, type HostName, toHostName } from '../../schemas/domain/index.ts';

/** The part of the vault that keeps key material. */
export interface SecretStore {
  secret(name: string): Promise<Buffer | undefined>;
  putSecret(name: string, bytes: string | Uint8Array): Promise<void>;
}

type CryptoKey = webcrypto.CryptoKey;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CA_YEARS = 10;
/** Agents renew at two thirds of this (decision 14). */
const AGENT_LIFE_MS = 24 * HOUR_MS;
const SERVER_LIFE_MS = 30 * DAY_MS;
/** An expired certificate buys a new one for this long (decision 14). */
const RENEW_AFTER_EXPIRY_MS = 30 * DAY_MS;
/** Certificates start a little early, for hosts whose clocks run behind. */
const EARLY_MS = 10 * 60_000;
const HOST_URI = 'skep:host:';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CA_KEY = 'ca.key.pem';
const CA_CERTIFICATE = 'ca.crt.pem';

export interface Pair {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** The installation's certificate authority: one self-signed ECDSA P-256 root, kept in the vault. */
export class Authority {
  readonly #key: CryptoKey;
  readonly certificate: x509.X509Certificate;
  readonly #now: () => number;

  private constructor(key: CryptoKey, certificate: x509.X509Certificate, now: () => number) {
    this.#key = key;
    this.certificate = certificate;
    this.#now = now;
  }

  /** Reads the CA from the vault, or makes it on the first start. */
  static async open(store: SecretStore, now: () => number): Promise<Authority> {
    x509.cryptoProvider.set(webcrypto);
    const keyPem = await store.secret(CA_KEY);
    const certificatePem = await store.secret(CA_CERTIFICATE);
    if (keyPem && certificatePem) {
      const key = await importKey(keyPem.toString());
      return new Authority(key, new x509.X509Certificate(certificatePem.toString()), now);
    }
    return await Authority.#create(store, now);
  }

  static async #create(store: SecretStore, now: () => number): Promise<Authority> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const notBefore = new Date(now() - EARLY_MS);
    const notAfter = new Date(now() + CA_YEARS * 365 * DAY_MS);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=skep',
      keys,
      notBefore,
      notAfter,
      signingAlgorithm: ALGORITHM,
      serialNumber: serial(),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    await store.putSecret(CA_KEY, await exportKey(keys.privateKey));
    await store.putSecret(CA_CERTIFICATE, certificate.toString('pem'));
    return new Authority(keys.privateKey, certificate, now);
  }

  /** Hex SHA-256 of the CA certificate: what a join token pins. */
  digest(): string {
    return createHash('sha256').update(new Uint8Array(this.certificate.rawData)).digest('hex');
  }

  /** A key and certificate for the controller's listeners. `names`: DNS names and addresses. */
  async issueServer(names: readonly string[]): Promise<Pair> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await this.#issue('skep-controller', keys.publicKey, SERVER_LIFE_MS, [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value })),
      ),
    ]);
    return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
  }

  /**
   * A certificate for a host. Of the CSR only the public key is taken, the names are ours.
   * @throws Failure CsrInvalid: malformed, not signed by its own key, or not ECDSA P-256.
   */
  async issueAgent(host: HostName, csrDer: Uint8Array): Promise<x509.X509Certificate> {
    const csr = await checkedRequest(csrDer);
    return await this.#issue(host, csr.publicKey, AGENT_LIFE_MS, [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `${HOST_URI}${host}` }]),
    ]);
  }

  /**
   * Judges a certificate that is to be renewed and the CSR that comes with it.
   * @returns its host. @throws Failure RenewRefused, CsrInvalid.
   */
  async checkRenewal(certificateDer: Uint8Array, csrDer: Uint8Array): Promise<HostName> {
    const old = parseCertificate(certificateDer);
    const signed = await old.verify({ publicKey: this.certificate, signatureOnly: true });
    if (!signed) throw refused('the certificate is not of this installation');
    if (old.notAfter.getTime() + RENEW_AFTER_EXPIRY_MS < this.#now()) {
      throw refused('the certificate expired more than 30 days ago: join the host again');
    }
    const csr = await checkedRequest(csrDer);
    if (!Buffer.from(csr.publicKey.rawData).equals(Buffer.from(old.publicKey.rawData))) {
      throw refused('the request is not signed with the key of the certificate');
    }
    return hostOf(old);
  }

  async #issue(
    commonName: string,
    publicKey: CryptoKey | x509.PublicKey,
    lifeMs: number,
    extensions: readonly x509.Extension[],
  ): Promise<x509.X509Certificate> {
    return await x509.X509CertificateGenerator.create({
      subject: `CN=${commonName}`,
      issuer: this.certificate.subject,
      publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      serialNumber: serial(),
      notBefore: new Date(this.#now() - EARLY_MS),
      notAfter: new Date(this.#now() + lifeMs),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...extensions,
      ],
    });
  }
}

/** The host a certificate of ours names. @throws Failure RenewRefused where it names none. */
export function hostOf(certificate: x509.X509Certificate): HostName {
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  for (const item of names) {
    if (item.type === 'url' && item.value.startsWith(HOST_URI)) {
      return toHostName(item.value.slice(HOST_URI.length));
    }
  }
  throw refused('the certificate names no host');
}

export function parseCertificate(der: Uint8Array): x509.X509Certificate {
  try {
    return new x509.X509Certificate(Buffer.from(der));
  } catch (cause) {
    throw new Failure('RenewRefused', 'not a certificate', { retry: 'never', cause });
  }
}

async function checkedRequest(der: Uint8Array): Promise<x509.Pkcs10CertificateRequest> {
  let csr: x509.Pkcs10CertificateRequest;
  let signed = false;
  try {
    csr = new x509.Pkcs10CertificateRequest(Buffer.from(der));
    signed = await csr.verify();
  } catch (cause) {
    throw new Failure('CsrInvalid', 'not a certificate request', { retry: 'never', cause });
  }
  const { name, namedCurve } = csr.publicKey.algorithm as { name?: string; namedCurve?: string };
  if (name !== 'ECDSA' || namedCurve !== 'P-256') {
    throw new Failure('CsrInvalid', 'the key must be ECDSA P-256', { retry: 'never' });
  }
  if (!signed) throw new Failure('CsrInvalid', 'the request is not signed', { retry: 'never' });
  return csr;
}

const refused = (message: string) => new Failure('RenewRefused', message, { retry: 'never' });
const isAddress = (text: string) => /^[0-9.]+$/.test(text) || text.includes(':');

function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return Buffer.from(bytes).toString('hex');
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  const text = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(pem: string): Promise<CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
}
