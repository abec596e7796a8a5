import { connect } from 'node:tls';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { EnrollmentServiceClient } from '../../proto/gen/skep/agent/v1/agent.ts';
import { decodeJoinToken, type JoinToken, SERVER_NAME } from '../../proto/join-token.ts';
import { Failure } from '../../schemas/domain/index.ts';
import { CHANNEL_OPTIONS, channelCredentials } from './channel.ts';
import { type Identity, keepIdentity } from './identity.ts';
import { certificateRequest, digestOf, isCertificateOf, newKey, toDer, toPem } from './keys.ts';

const CALL_DEADLINE_MS = 15_000;

interface Issued {
  readonly certificate: Uint8Array;
  readonly caCertificate: Uint8Array;
}

/** @throws Failure TokenInvalid */
export function readJoinToken(word: string): JoinToken {
  const token = decodeJoinToken(word);
  if (token) return token;
  const message =
    'SKEP_JOIN_TOKEN is not a join token: copy the whole word that `skep host add` printed';
  throw new Failure('TokenInvalid', message, { retry: 'never' });
}

/**
 * Buys a first certificate with a join token, for a key made here.
 * @throws Failure JoinRefused, WrongController (never again), ControllerUnreachable (try again).
 */
export async function joinController(
  folder: string,
  token: JoinToken,
  now: () => number,
): Promise<Identity> {
  const { host, agent, enroll } = token;
  const key = await newKey();
  const csr = await certificateRequest(host, key);
  const { issued, ca } = await firstReachable(enroll, async (address) => {
    const pinned = await pinnedCa(address, token.ca);
    const answer = await call(address, pinned, 'JoinRefused', (client, done) =>
      client.enroll({ token: token.secret, host, csr }, new Metadata(), deadline(), done),
    );
    return { issued: answer, ca: pinned };
  });
  await checkIssued(issued, key, ca);
  return await keepIdentity(folder, {
    host,
    agent,
    enroll,
    key,
    certificate: toPem(issued.certificate),
    ca,
    receivedMs: now(),
    joinedWith: digestOf(token.secret),
  });
}

/**
 * Buys a new certificate with the present one, expired or not, and the same key.
 * @throws Failure RenewRefused, ControllerUnreachable
 */
export async function renewIdentity(
  folder: string,
  present: Identity,
  now: () => number,
): Promise<Identity> {
  const csr = await certificateRequest(present.host, present.key);
  const certificate = toDer(present.certificate);
  const issued = await firstReachable(present.enroll, (address) =>
    call(address, present.ca, 'RenewRefused', (client, done) =>
      client.renew({ certificate, csr }, new Metadata(), deadline(), done),
    ),
  );
  await checkIssued(issued, present.key, present.ca);
  return await keepIdentity(folder, {
    ...present,
    certificate: toPem(issued.certificate),
    receivedMs: now(),
  });
}

/** A certificate of another key, or a new CA, is not what was asked for. */
async function checkIssued(issued: Issued, key: string, ca: string): Promise<void> {
  const own = await isCertificateOf(key, issued.certificate).catch(() => false);
  if (own && toDer(ca).equals(Buffer.from(issued.caCertificate))) return;
  const message = 'the controller answered with a certificate of another key or another CA';
  throw new Failure('WrongController', message, { retry: 'never' });
}

/** The CA certificate a listener presents (PEM), if its digest is the one in the token. */
function pinnedCa(address: string, digest: string): Promise<string> {
  const [host, port] = splitAddress(address);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      // Unverified on purpose: the digest below is the verification.
      rejectUnauthorized: false,
      servername: SERVER_NAME,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.3',
    });
    socket.setTimeout(CALL_DEADLINE_MS, () => socket.destroy(new Error('timed out')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      let certificate = socket.getPeerCertificate(true);
      while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate) {
        certificate = certificate.issuerCertificate;
      }
      socket.destroy();
      if (digestOf(certificate.raw) === digest) return resolve(toPem(certificate.raw));
      const message = `${address} is not the controller the join token is from (its CA differs)`;
      return reject(new Failure('WrongController', message, { retry: 'never' }));
    });
  });
}

type Done = (error: ServiceError | null, answer: Issued) => void;

async function call(
  address: string,
  ca: string,
  refusal: string,
  act: (client: EnrollmentServiceClient, done: Done) => unknown,
): Promise<Issued> {
  const client = new EnrollmentServiceClient(address, channelCredentials({ ca }), CHANNEL_OPTIONS);
  try {
    return await new Promise<Issued>((resolve, reject) => {
      act(client, (error, answer) => {
        if (!error) return resolve(answer);
        const refused =
          error.code === status.UNAUTHENTICATED || error.code === status.INVALID_ARGUMENT;
        const retry = refused ? 'never' : 'backoff';
        const code = refused ? refusal : 'ControllerUnreachable';
        return reject(new Failure(code, `${address}: ${error.details}`, { retry, cause: error }));
      });
    });
  } finally {
    client.close();
  }
}

async function firstReachable<T>(
  addresses: readonly string[],
  attempt: (address: string) => Promise<T>,
): Promise<T> {
  let last: unknown;
  for (const address of addresses) {
    try {
      return await attempt(address);
    } catch (error) {
      if (error instanceof Failure && error.retry === 'never') throw error;
      last = error;
    }
  }
  const reason = last instanceof Error ? `: ${last.message}` : '';
  const message = `no controller answers at ${addresses.join(', ')}${reason}`;
  throw new Failure('ControllerUnreachable', message, { cause: last });
}

const deadline = () => ({ deadline: new Date(Date.now() + CALL_DEADLINE_MS) });

function splitAddress(address: string): [string, number] {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))];
}
