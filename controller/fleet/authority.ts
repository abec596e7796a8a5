import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Failure } from '../../schemas/domain/index.ts';
import {
  ALGORITHM,
  checkedRequest,
  clientExtensions,
  exportKey,
  importKey,
  isClientOnly,
  newSerial,
  parseCertificate,
  type Subject,
  sameKey,
  serverExtensions,
  subjectOf,
} from './certificates.ts';
import type { SecretStore } from './ledger.ts';

type CryptoKey = webcrypto.CryptoKey;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const CA_LIFE_MS = 3650 * DAY_MS;
/** Agents renew at two thirds of this (decision 14). */
const AGENT_LIFE_MS = 24 * HOUR_MS;
export const SERVER_LIFE_MS = 30 * DAY_MS;
/** An expired certificate buys a new one for this long (decision 14). */
const RENEW_AFTER_EXPIRY_MS = 30 * DAY_MS;
/** The server's certificate is judged by the clocks of hosts: those may run behind. */
const SERVER_EARLY_MS = 7 * DAY_MS;
/** An agent's certificate is judged by our own clock only. */
const AGENT_EARLY_MS = MINUTE_MS;
const CA_KEY = 'ca.key.pem';
const CA_CERTIFICATE = 'ca.crt.pem';

/** PEM each. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** The installation's certificate authority: one self-signed ECDSA P-256 root, kept in the vault. */
export class Authority {
  readonly #key: CryptoKey;
  readonly #certificate: x509.X509Certificate;
  readonly #now: () => number;

  private constructor(key: CryptoKey, certificate: x509.X509Certificate, now: () => number) {
    this.#key = key;
    this.#certificate = certificate;
    this.#now = now;
  }

  /**
   * Reads the CA from the vault, or makes it on the first start.
   * @throws Failure CaIncomplete where half of it is gone: a new one would lock every agent out.
   */
  static async open(store: SecretStore, now: () => number): Promise<Authority> {
    x509.cryptoProvider.set(webcrypto);
    const key = await store.secret(CA_KEY);
    const certificate = await store.secret(CA_CERTIFICATE);
    if (key && certificate) {
      const parsed = new x509.X509Certificate(certificate.toString());
      return new Authority(await importKey(key.toString()), parsed, now);
    }
    // The key is written last: a certificate alone is what a crash in `create` leaves.
    if (key) {
      const message = `the vault has ${CA_KEY} without ${CA_CERTIFICATE}: restore it from a backup`;
      throw new Failure('CaIncomplete', message, { retry: 'never' });
    }
    return await Authority.#create(store, now);
  }

  static async #create(store: SecretStore, now: () => number): Promise<Authority> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=skep',
      keys,
      notBefore: new Date(now() - SERVER_EARLY_MS),
      notAfter: new Date(now() + CA_LIFE_MS),
      signingAlgorithm: ALGORITHM,
      serialNumber: newSerial(),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    await store.putSecret(CA_CERTIFICATE, certificate.toString('pem'));
    await store.putSecret(CA_KEY, await exportKey(keys.privateKey));
    return new Authority(keys.privateKey, certificate, now);
  }

  pem(): string {
    return this.#certificate.toString('pem');
  }

  der(): Buffer {
    return Buffer.from(this.#certificate.rawData);
  }

  /** Hex SHA-256 of the CA certificate: what a join token pins. */
  digest(): string {
    return createHash('sha256').update(this.der()).digest('hex');
  }

  /** A key and certificate for the controller's listeners. `names`: DNS names and addresses. */
  async issueServer(names: readonly string[]): Promise<Pair> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await this.#issue('skep-controller', keys.publicKey, {
      notBefore: new Date(this.#now() - SERVER_EARLY_MS),
      notAfter: new Date(this.#now() + SERVER_LIFE_MS),
      extensions: serverExtensions(names),
    });
    return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
  }

  /**
   * A certificate for a host, DER. Of the CSR only the public key is taken: the names are ours.
   * @throws Failure CsrInvalid: malformed, not signed by its own key, or not ECDSA P-256.
   */
  async issueAgent(subject: Subject, csrDer: Uint8Array): Promise<Buffer> {
    const request = await checkedRequest(csrDer);
    const certificate = await this.#issue(subject.host, request.publicKey, {
      notBefore: new Date(this.#now() - AGENT_EARLY_MS),
      notAfter: new Date(this.#now() + AGENT_LIFE_MS),
      extensions: clientExtensions(subject),
    });
    return Buffer.from(certificate.rawData);
  }

  /**
   * Judges a certificate that is to be renewed and the CSR that comes with it, but not whether
   * its enrolment still stands.
   * @throws Failure RenewRefused, CsrInvalid
   */
  async checkRenewal(certificateDer: Uint8Array, csrDer: Uint8Array): Promise<Subject> {
    const old = parseCertificate(certificateDer);
    const subject = old && subjectOf(old);
    if (!old || !subject || !isClientOnly(old) || !(await this.#signed(old))) {
      throw renewRefused('the certificate is not one of this installation');
    }
    if (old.notAfter.getTime() + RENEW_AFTER_EXPIRY_MS < this.#now()) {
      throw renewRefused('the certificate ran out more than 30 days ago: join the host again');
    }
    const request = await checkedRequest(csrDer);
    if (!sameKey(request.publicKey, old.publicKey)) {
      throw renewRefused('the request is not signed with the key of the certificate');
    }
    return subject;
  }

  async #signed(certificate: x509.X509Certificate): Promise<boolean> {
    const check = certificate.verify({ publicKey: this.#certificate, signatureOnly: true });
    return await check.catch(() => false);
  }

  async #issue(
    commonName: string,
    publicKey: CryptoKey | x509.PublicKey,
    contents: {
      readonly notBefore: Date;
      readonly notAfter: Date;
      readonly extensions: readonly x509.Extension[];
    },
  ): Promise<x509.X509Certificate> {
    return await x509.X509CertificateGenerator.create({
      subject: `CN=${commonName}`,
      issuer: this.#certificate.subject,
      publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      serialNumber: newSerial(),
      notBefore: contents.notBefore,
      notAfter: contents.notAfter,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...contents.extensions,
      ],
    });
  }
}

export const renewRefused = (message: string): Failure =>
  new Failure('RenewRefused', `J_RENEW: ${message}`, { retry: 'never' });
