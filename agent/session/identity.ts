import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';
import { EnrollmentServiceClient } from '../../proto/gen/skep/agent/v1/agent.ts';
import { Failure } from '../../schemas/domain/index.ts';

type CryptoKeyPair = webcrypto.CryptoKeyPair;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CALL_DEADLINE_MS = 15_000;
const TOKEN_FIELDS = ['host', 'agent', 'enroll', 'ca', 'secret'] as const;

/** What a join token carries; see the controller, which makes them. */
interface JoinToken {
  readonly host: string;
  readonly agent: readonly string[];
  readonly enroll: readonly string[];
  readonly ca: string;
  readonly secret: string;
}

interface Controller {
  readonly host: string;
  /** `address:port`, best first. */
  readonly agent: readonly string[];
  readonly enroll: readonly string[];
}

/** Who this agent is: its host, its key, which never leaves the host, and its certificate. */
export interface Identity extends Controller {
  /** PEM each. */
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * The identity kept in `folder`; undefined before the first join.
 * @throws Failure KeyPermissions where others than the owner may read the key.
 */
export async function readIdentity(folder: string): Promise<Identity | undefined> {
  const path = join(folder, 'key.pem');
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => undefined,
  );
  if (mode === undefined) return undefined;
  if ((mode & 0o077) !== 0) {
    const message = `J_KEY_PERMS: ${path} must be readable by its owner alone (chmod 600 ${path})`;
    throw new Failure('KeyPermissions', message, { retry: 'never' });
  }
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => undefined);
  const [key, certificate, ca, text] = [
    await read('key.pem'),
    await read('certificate.pem'),
    await read('ca.pem'),
    await read('controller.json'),
  ];
  if (!key || !certificate || !ca || !text) return undefined;
  return identity(JSON.parse(text) as Controller, key, certificate, ca);
}

/** Buys a first certificate with a join token. @throws Failure TokenInvalid, JoinRefused, … */
export async function joinController(folder: string, word: string): Promise<Identity> {
  const token = parseToken(word);
  const keys = await newKeys();
  const csr = await request(token.host, keys);
  const answer = await firstReachable(token.enroll, async (address) => {
    const ca = await pinnedCa(address, token.ca);
    return await call(address, ca, (client, done) =>
      client.enroll(
        { token: token.secret, host: token.host, csr },
        new Metadata(),
        deadline(),
        done,
      ),
    );
  });
  const { host, agent, enroll } = token;
  const key = await exportKey(keys);
  return await keep(folder, { host, agent, enroll }, key, answer);
}

/** Buys a new certificate with the present one, expired or not, and the same key. */
export async function renew(folder: string, present: Identity): Promise<Identity> {
  const keys = await importKeys(present.key);
  const csr = await request(present.host, keys);
  const certificate = Buffer.from(new x509.X509Certificate(present.certificate).rawData);
  const answer = await firstReachable(present.enroll, (address) =>
    call(address, Buffer.from(present.ca), (client, done) =>
      client.renew({ certificate, csr }, new Metadata(), deadline(), done),
    ),
  );
  return await keep(folder, present, present.key, answer);
}

/** When a certificate is to be renewed: at two thirds of its life. */
export const renewAtMs = (present: Identity): number =>
  present.notBeforeMs + ((present.notAfterMs - present.notBeforeMs) * 2) / 3;

export function parseToken(word: string): JoinToken {
  try {
    const value = JSON.parse(Buffer.from(word.trim(), 'base64url').toString()) as JoinToken;
    if (TOKEN_FIELDS.every((field) => value[field] !== undefined)) return value;
  } catch {
    // Said below, for every way in which a word can be no token.
  }
  const message =
    'SKEP_JOIN_TOKEN is not a join token: copy the whole word that `skep host add` printed';
  throw new Failure('TokenInvalid', message, { retry: 'never' });
}

/** The CA certificate a listener presents, if its digest is the one in the token. */
function pinnedCa(address: string, digest: string): Promise<Buffer> {
  const [host, port] = splitAddress(address);
  return new Promise((resolve, reject) => {
    // Unverified on purpose: the digest below is the verification.
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    socket.setTimeout(CALL_DEADLINE_MS, () => socket.destroy(new Error('timed out')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      let certificate = socket.getPeerCertificate(true);
      while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate) {
        certificate = certificate.issuerCertificate;
      }
      socket.destroy();
      const found = createHash('sha256').update(certificate.raw).digest('hex');
      if (found === digest) return resolve(Buffer.from(pem('CERTIFICATE', certificate.raw)));
      const message = `${address} is not the controller the join token is from (its CA differs)`;
      return reject(new Failure('WrongController', message, { retry: 'never' }));
    });
  });
}

interface Issued {
  readonly certificate: Uint8Array;
  readonly caCertificate: Uint8Array;
}

type Done = (error: ServiceError | null, answer: Issued) => void;

function call(
  address: string,
  ca: Buffer,
  act: (client: EnrollmentServiceClient, done: Done) => unknown,
): Promise<Issued> {
  const client = new EnrollmentServiceClient(address, credentials.createSsl(ca));
  return new Promise<Issued>((resolve, reject) => {
    act(client, (error, answer) => {
      if (!error) return resolve(answer);
      const refused =
        error.code === status.UNAUTHENTICATED || error.code === status.INVALID_ARGUMENT;
      const retry = refused ? 'never' : 'backoff';
      const code = refused ? 'JoinRefused' : 'ControllerUnreachable';
      return reject(new Failure(code, `${address}: ${error.details}`, { retry, cause: error }));
    });
  }).finally(() => client.close());
}

async function firstReachable<T>(
  addresses: readonly string[],
  attempt: (address: string) => Promise<T>,
): Promise<T> {
  let last: unknown = new Failure('ControllerUnreachable', 'the join token names no address');
  for (const address of addresses) {
    try {
      return await attempt(address);
    } catch (error) {
      if (error instanceof Failure && error.retry === 'never') throw error;
      last = error;
    }
  }
  const message = `no controller answers at ${addresses.join(', ')}`;
  throw new Failure('ControllerUnreachable', message, { cause: last });
}

async function keep(
  folder: string,
  { host, agent, enroll }: Controller,
  key: string,
  answer: Issued,
): Promise<Identity> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const certificate = pem('CERTIFICATE', answer.certificate);
  const ca = pem('CERTIFICATE', answer.caCertificate);
  const controller = { host, agent, enroll };
  await write(join(folder, 'controller.json'), JSON.stringify(controller));
  await write(join(folder, 'ca.pem'), ca);
  await write(join(folder, 'certificate.pem'), certificate);
  await write(join(folder, 'key.pem'), key);
  return identity(controller, key, certificate, ca);
}

/** Old bytes or new ones after a crash, never a mix. */
async function write(path: string, text: string): Promise<void> {
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}

function identity(controller: Controller, key: string, certificate: string, ca: string): Identity {
  const parsed = new x509.X509Certificate(certificate);
  const [notBeforeMs, notAfterMs] = [parsed.notBefore.getTime(), parsed.notAfter.getTime()];
  return { ...controller, key, certificate, ca, notBeforeMs, notAfterMs };
}

async function newKeys(): Promise<CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function request(host: string, keys: CryptoKeyPair): Promise<Buffer> {
  x509.cryptoProvider.set(webcrypto);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${host}`,
    keys,
    signingAlgorithm: ALGORITHM,
  });
  return Buffer.from(csr.rawData);
}

async function exportKey(keys: CryptoKeyPair): Promise<string> {
  return pem(
    'PRIVATE KEY',
    new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
  );
}

async function importKeys(key: string): Promise<CryptoKeyPair> {
  const der = Buffer.from(key.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
  const { d: _, ...jwk } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicJwk = { ...jwk, key_ops: ['verify'] };
  const publicKey = await webcrypto.subtle.importKey('jwk', publicJwk, ALGORITHM, true, ['verify']);
  return { privateKey, publicKey };
}

function pem(kind: string, der: Uint8Array): string {
  const text = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${kind}-----\n${text}\n-----END ${kind}-----\n`;
}

const deadline = () => ({ deadline: new Date(Date.now() + CALL_DEADLINE_MS) });

function splitAddress(address: string): [string, number] {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))];
}
