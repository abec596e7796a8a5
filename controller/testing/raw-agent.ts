import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import {
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';
import { encodeEngine, encodeObjects, PROTOCOL, type WireObjects } from '../../proto/codec.ts';
import {
  AgentServiceClient,
  EnrollmentServiceClient,
  type EnrollResponse,
  type Hello,
  type SessionRequest,
  type SessionResponse,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import { decodeJoinToken, SERVER_NAME } from '../../proto/join-token.ts';
import { ENGINE } from './builders.ts';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const TARGET = { 'grpc.ssl_target_name_override': SERVER_NAME };
const NOTHING: WireObjects = { containers: [], networks: [], volumes: [], images: [] };

export type Keys = webcrypto.CryptoKeyPair;

export const newKeys = (): Promise<Keys> =>
  webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);

export async function csrOf(keys: Keys): Promise<Buffer> {
  x509.cryptoProvider.set(webcrypto);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=x',
    keys,
    signingAlgorithm: EC,
  });
  return Buffer.from(csr.rawData);
}

/** PEM each. */
export interface Papers {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** The enrolment service, as anyone can call it. Rejects with the gRPC error. */
export class RawEnrolment {
  readonly #client: EnrollmentServiceClient;

  constructor(address: string, ca: string) {
    const ssl = credentials.createFromSecureContext(createSecureContext({ ca }));
    this.#client = new EnrollmentServiceClient(address, ssl, TARGET);
  }

  enroll(token: string, host: string, csr: Buffer): Promise<EnrollResponse> {
    return answer((done) => this.#client.enroll({ token, host, csr }, done));
  }

  renew(certificate: Buffer, csr: Buffer): Promise<EnrollResponse> {
    return answer((done) => this.#client.renew({ certificate, csr }, done));
  }

  close(): void {
    this.#client.close();
  }
}

/** Joins with a token, as an agent does, and gives the papers for any use. */
export async function joinRaw(
  word: string,
  ca: string,
): Promise<Papers & { readonly der: Buffer; readonly keys: Keys }> {
  const token = decodeJoinToken(word);
  if (!token) throw new Error('not a join token');
  const keys = await newKeys();
  const enrolment = new RawEnrolment(token.enroll[0] ?? '', ca);
  try {
    const { certificate } = await enrolment.enroll(token.secret, token.host, await csrOf(keys));
    return { ...(await papersOf(certificate, keys, ca)), der: Buffer.from(certificate), keys };
  } finally {
    enrolment.close();
  }
}

export async function papersOf(certificate: Uint8Array, keys: Keys, ca: string): Promise<Papers> {
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: x509.PemConverter.encode(Buffer.from(certificate), 'CERTIFICATE'),
    key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
    ca,
  };
}

/** A session that says what a test wants, whatever the protocol thinks of it. */
export class RawAgent {
  readonly received: SessionResponse[] = [];
  readonly ended: Promise<StatusObject>;
  readonly #client: AgentServiceClient;
  readonly #stream: ClientDuplexStream<SessionRequest, SessionResponse>;

  constructor(
    address: string,
    papers: Partial<Papers> & { readonly ca: string },
    tls: TlsOptions = {},
  ) {
    const { ca, certificate, key } = papers;
    const context = createSecureContext({
      ca,
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
      ...tls,
    });
    const ssl = credentials.createFromSecureContext(context);
    const options = { ...TARGET, 'grpc.use_local_subchannel_pool': 1 };
    this.#client = new AgentServiceClient(address, ssl, options);
    this.#stream = this.#client.session(new Metadata());
    this.#stream.on('data', (message: SessionResponse) => this.received.push(message));
    this.#stream.on('error', () => {});
    this.ended = new Promise((resolve) => this.#stream.once('status', resolve));
  }

  send(message: Partial<SessionRequest>): void {
    this.#stream.write(message as SessionRequest);
  }

  hello(host: string, over: Partial<Hello> = {}): void {
    const hello = { protocol: PROTOCOL, host, agentVersion: 't', epoch: 0n, running: [], ...over };
    this.send({ hello });
  }

  snapshot(objects: Partial<WireObjects> = {}, sequence = 0n): void {
    const encoded = encodeObjects({ ...NOTHING, ...objects });
    const engine = encodeEngine(ENGINE);
    this.send({ snapshot: { engine, objects: encoded, last: true, sequence } });
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}

type TlsOptions = Pick<ConnectionOptions, 'maxVersion'>;

function answer(
  call: (done: (error: ServiceError | null, value: EnrollResponse) => void) => unknown,
): Promise<EnrollResponse> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)));
  });
}
