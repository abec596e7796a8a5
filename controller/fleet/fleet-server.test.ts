import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { connect, createSecureContext } from 'node:tls';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../kit/clock.ts';
import { silentLogger } from '../../kit/logger.ts';
import { encodeDelta } from '../../proto/codec.ts';
import { decodeJoinToken, SERVER_NAME } from '../../proto/join-token.ts';
import { type HostName, toHostName, toUnitKey } from '../../schemas/domain/index.ts';
import { APP, anOwnContainer, INSTALLATION } from '../testing/builders.ts';
import { MemorySecrets } from '../testing/memory-secrets.ts';
import {
  csrOf,
  joinRaw,
  newKeys,
  type Papers,
  papersOf,
  RawAgent,
  RawEnrolment,
} from '../testing/raw-agent.ts';
import { Authority } from './authority.ts';
import { FleetServer } from './fleet-server.ts';

const WEB = toHostName('web-01');
const DB = toHostName('db-01');
const UNIT = toUnitKey(APP, WEB);
const HOUR_MS = 3_600_000;
const POLL = { interval: 5, timeout: 10_000 };
const NOTHING = { containers: [], networks: [], volumes: [], images: [] };

/** Real timers, a date that can be moved. */
class ShiftedClock implements Clock {
  shiftMs = 0;
  now = () => Date.now() + this.shiftMs;
  setTimer = (ms: number, fn: () => void) => systemClock.setTimer(ms, fn);
}

describe('the fleet, to a stranger and to a rogue agent', () => {
  let clock: ShiftedClock;
  let secrets: MemorySecrets;
  let fleet: FleetServer;
  let ca: string;
  let audits: string[];
  let declared: Set<HostName>;
  const open: { close(): void }[] = [];

  const start = async () => {
    fleet = new FleetServer({
      clock,
      logger: silentLogger,
      randomBytes,
      secrets,
      installation: INSTALLATION,
      agentListen: '127.0.0.1:0',
      enrollListen: '127.0.0.1:0',
      advertise: [],
      declared: () => declared,
      audit: (...words) => audits.push(words.join(' ')),
    });
    await fleet.start();
    ca = secrets.files.get('ca.crt.pem')?.toString() ?? '';
  };
  const join = async (host: HostName) => await joinRaw(await fleet.createJoinToken(host), ca);
  const dial = (papers: ConstructorParameters<typeof RawAgent>[1]) => {
    const agent = new RawAgent(fleet.addresses().agent, papers);
    open.push(agent);
    return agent;
  };
  const enrolment = (trusted = ca) => {
    const raw = new RawEnrolment(fleet.addresses().enroll, trusted);
    open.push(raw);
    return raw;
  };
  const online = async (host: HostName) => {
    const papers = await join(host);
    const agent = dial(papers);
    agent.hello(host);
    agent.snapshot();
    await expect.poll(() => isOnline(host), POLL).toBe(true);
    return { papers, agent };
  };
  const isOnline = (host: HostName) =>
    fleet.hosts().some((known) => known.host === host && known.online);

  beforeEach(async () => {
    clock = new ShiftedClock();
    secrets = new MemorySecrets();
    audits = [];
    declared = new Set([WEB, DB]);
    await start();
  });

  afterEach(async () => {
    for (const part of open.splice(0)) part.close();
    await fleet.stop();
  });

  it('closes the stream of an agent that says it is another host', async () => {
    const agent = dial(await join(WEB));
    agent.hello(DB);
    expect(await agent.ended).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: expect.stringContaining('S_IDENTITY'),
    });
    expect(fleet.observed(toUnitKey(APP, DB))).toBeUndefined();
    expect(audits).toContain('host:web-01 refused S_IDENTITY host:web-01');
  });

  it('lets nobody near the sessions without a certificate of its CA', async () => {
    const own = await newKeys();
    const selfSigned = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=web-01',
      keys: own,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'skep:host:web-01' }]),
      ],
    });
    const foreign = await Authority.open(new MemorySecrets(), () => clock.now());
    const alien = await foreign.issueAgent({ host: WEB, enrolment: 'e' }, await csrOf(own));
    const strangers = [
      { ca },
      await papersOf(new Uint8Array(selfSigned.rawData), own, ca),
      await papersOf(alien, own, ca),
    ];
    for (const papers of strangers) {
      const agent = dial(papers);
      agent.hello(WEB);
      agent.snapshot();
      expect((await agent.ended).code).not.toBe(status.OK);
    }
    expect(isOnline(WEB)).toBe(false);
  });

  it('does not take its own server certificate for one of an agent', async () => {
    const authority = await Authority.open(secrets, () => clock.now());
    const pair = await authority.issueServer(['127.0.0.1']);
    const agent = dial({ ...pair, ca });
    agent.hello(WEB);
    expect((await agent.ended).code).not.toBe(status.OK);
    expect(isOnline(WEB)).toBe(false);
  });

  it('speaks TLS 1.3 alone, on both listeners', async () => {
    for (const address of Object.values(fleet.addresses())) {
      expect(await tlsVersion(address, ca, 'TLSv1.2')).toBe('refused');
    }
    expect(await tlsVersion(fleet.addresses().enroll, ca, 'TLSv1.3')).toBe('TLSv1.3');
  });

  it('gives one certificate for a token, whoever races', async () => {
    const token = decodeJoinToken(await fleet.createJoinToken(WEB));
    const csr = await csrOf(await newKeys());
    const all = await Promise.allSettled(
      Array.from({ length: 8 }, () => enrolment().enroll(token?.secret ?? '', WEB, csr)),
    );
    expect(all.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    const [refusal] = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refusal).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(audits.filter((line) => line.includes('host.join'))).toHaveLength(1);
    expect(audits).toContain('127.0.0.1 refused TokenRefused web-01');
  });

  it('does not spend a token on a request that it refuses', async () => {
    const token = decodeJoinToken(await fleet.createJoinToken(WEB));
    const raw = enrolment();
    const secret = token?.secret ?? '';
    await expect(raw.enroll(secret, WEB, Buffer.from('no'))).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    await expect(raw.enroll(secret, DB, await csrOf(await newKeys()))).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    await raw.enroll(secret, WEB, await csrOf(await newKeys()));
  });

  it('answers a thousand guesses with the same refusal and a few lines of audit', async () => {
    const raw = enrolment();
    const csr = await csrOf(await newKeys());
    const details = new Set<string>();
    for (let i = 0; i < 1_000; i += 50) {
      const guesses = Array.from({ length: 50 }, (_, j) =>
        raw.enroll(`guess-${i + j}`, WEB, csr).catch((error: ServiceError) => {
          details.add(`${error.code} ${error.details}`);
        }),
      );
      await Promise.all(guesses);
    }
    expect(details.size).toBe(1);
    expect(audits.length).toBeLessThan(5);
  });

  it('cuts the live stream of a revoked host, and refuses its certificate for good', async () => {
    const { papers, agent } = await online(WEB);
    await fleet.revoke(WEB);
    expect((await agent.ended).details).toContain('S_REVOKED');
    const again = dial(papers);
    again.hello(WEB);
    expect((await again.ended).details).toContain('S_REVOKED');
    await expect(enrolment().renew(papers.der, await csrOf(papers.keys))).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    // A new join brings the host back, and not the old certificate with it.
    await online(WEB);
    const thief = dial(papers);
    thief.hello(WEB);
    expect((await thief.ended).details).toContain('S_REVOKED');
    expect(isOnline(WEB)).toBe(true);
  });

  it('makes open tokens of a revoked host worthless', async () => {
    const token = await fleet.createJoinToken(WEB);
    await fleet.revoke(WEB);
    await expect(joinRaw(token, ca)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  });

  it('ends the old enrolment when a host joins anew, not when the token is made', async () => {
    const { agent } = await online(WEB);
    const token = await fleet.createJoinToken(WEB);
    expect(isOnline(WEB)).toBe(true);
    await joinRaw(token, ca);
    expect((await agent.ended).details).toContain('S_REVOKED');
  });

  it('ends a session whose certificate has run out by the clock of the controller', async () => {
    const papers = await join(WEB);
    clock.shiftMs = 25 * HOUR_MS;
    const agent = dial(papers);
    agent.hello(WEB);
    expect((await agent.ended).details).toContain('S_EXPIRED');
    await enrolment().renew(papers.der, await csrOf(papers.keys));
  });

  it('renews only for hosts that are still declared', async () => {
    const papers = await join(WEB);
    declared.delete(WEB);
    const renew = async () => await enrolment().renew(papers.der, await csrOf(papers.keys));
    await expect(renew()).rejects.toMatchObject({
      details: expect.stringContaining('not declared'),
    });
    declared.add(WEB);
    await renew();
  });

  it('lets the newer of two agents with one certificate speak, and says so', async () => {
    const { papers, agent } = await online(WEB);
    const clone = dial(papers);
    clone.hello(WEB);
    clone.snapshot();
    expect((await agent.ended).details).toContain('S_REPLACED');
    await expect.poll(() => isOnline(WEB), POLL).toBe(true);
    expect(audits).toContain('host:web-01 refused S_REPLACED web-01');
  });

  it.each([
    ['no hello first', (agent: RawAgent) => agent.snapshot(), 'S_PROTOCOL'],
    ['another protocol', (agent: RawAgent) => agent.hello(WEB, { protocol: 2 }), 'S_PROTOCOL'],
    [
      'an epoch nobody ever had',
      (agent: RawAgent) => agent.hello(WEB, { epoch: 2n ** 63n }),
      'S_IMPLAUSIBLE',
    ],
  ])('refuses a session with %s', async (_, act, code) => {
    const agent = dial(await join(WEB));
    act(agent);
    expect((await agent.ended).details).toContain(code);
  });

  it('hears each message once, also those that come while the hello is judged', async () => {
    const agent = dial(await join(WEB));
    agent.hello(WEB);
    agent.hello(WEB);
    expect((await agent.ended).details).toContain('S_PROTOCOL');
    expect(audits.filter((line) => line.includes('S_REPLACED'))).toEqual([]);
  });

  it('greets every agent anew with a higher epoch when it takes over', async () => {
    const { agent, papers } = await online(WEB);
    const first = agent.received[0]?.welcome?.epoch ?? 0n;
    expect(await fleet.takeOver()).toBe(first + 1n);
    expect((await agent.ended).details).toContain('S_STOPPING');
    const again = dial(papers);
    again.hello(WEB);
    await expect.poll(() => again.received[0]?.welcome !== undefined, POLL).toBe(true);
    expect(again.received[0]?.welcome?.epoch).toBe(first + 1n);
  });

  it('takes an epoch above the highest of agents that come one after another', async () => {
    const before = await online(WEB);
    const first = before.agent.received[0]?.welcome?.epoch ?? 0n;
    const papers = await join(DB);
    const agent = dial(papers);
    agent.hello(DB, { epoch: 900n });
    agent.snapshot();
    await expect.poll(() => isOnline(DB) && agent.received.length > 0, POLL).toBe(true);
    expect(agent.received[0]?.welcome?.epoch).toBe(901n);
    // The host that came before gets operations of the new epoch too.
    const pending = fleet.execute(WEB, anOperation('op'), new AbortController().signal);
    await expect
      .poll(() => before.agent.received.some(({ operation }) => operation), POLL)
      .toBe(true);
    const { operation } = before.agent.received.find((message) => message.operation) ?? {};
    expect(first).toBeLessThan(900n);
    expect(operation?.epoch).toBe(901n);
    before.agent.close();
    expect((await pending).error?.code).toBe('SessionLost');
  });

  it('attributes what a host says to that host alone', async () => {
    const { agent } = await online(WEB);
    await online(DB);
    const lie = anOwnContainer('web', 1, { id: 'x' });
    const delta = encodeDelta({ ...NOTHING, containers: [lie], removed: NOTHING }, 1n);
    agent.send({ delta });
    await expect.poll(() => (fleet.observed(UNIT)?.containers.length ?? 0) > 0, POLL).toBe(true);
    expect(fleet.observed(toUnitKey(APP, DB))?.containers).toEqual([]);
    expect(fleet.ownedUnits(DB)).toEqual([]);
    expect(fleet.ownedUnits(WEB)).toEqual([UNIT]);
  });

  it('does not send a unit of one host to another', async () => {
    const { agent } = await online(DB);
    const outcome = await fleet.execute(DB, anOperation('op'), new AbortController().signal);
    expect(outcome.error?.code).toBe('HostOffline');
    expect(agent.received.some(({ operation }) => operation)).toBe(false);
  });

  it('outlives a message that is too large, and the other hosts with it', async () => {
    const { agent } = await online(WEB);
    await online(DB);
    const text = 'x'.repeat(5_000_000);
    agent.send({ progress: { operationId: 'o', text, doneBytes: 0, totalBytes: 0 } });
    expect((await agent.ended).code).toBe(status.RESOURCE_EXHAUSTED);
    await expect.poll(() => !isOnline(WEB), POLL).toBe(true);
    expect(isOnline(DB)).toBe(true);
  });

  it('outlives bytes that are no message', async () => {
    await online(DB);
    const papers = await join(WEB);
    for (const bytes of [Buffer.alloc(64, 0xff), randomBytes(1_000), Buffer.from([0x0a, 0x7f])]) {
      expect(await statusOf(fleet.addresses().agent, papers, bytes)).not.toBe(status.OK);
    }
    expect(isOnline(DB)).toBe(true);
    await online(WEB);
  });

  it('shows every host that has joined, connected or not, also after a restart', async () => {
    await online(WEB);
    await join(DB);
    expect(fleet.hosts().map(({ host, online: on }) => [host, on])).toEqual([
      [WEB, true],
      [DB, false],
    ]);
    for (const part of open.splice(0)) part.close();
    await fleet.stop();
    await start();
    expect(fleet.hosts().map(({ host, online: on }) => [host, on])).toEqual([
      [WEB, false],
      [DB, false],
    ]);
  });

  it('says which address is taken, and leaves nothing open', async () => {
    const { agent } = fleet.addresses();
    const options = { clock, logger: silentLogger, randomBytes, secrets: new MemorySecrets() };
    const other = new FleetServer({
      ...options,
      installation: INSTALLATION,
      agentListen: '127.0.0.1:0',
      enrollListen: agent,
      advertise: [],
      declared: () => declared,
      audit: () => {},
    });
    await expect(other.start()).rejects.toMatchObject({ code: 'ListenFailed', retry: 'never' });
    await other.stop();
  });
});

const anOperation = (operationId: string) => ({
  operationId,
  unit: UNIT,
  operation: {
    kind: 'start-container',
    target: 'c',
    id: 'o',
    resource: 'c',
    cause: '',
    reason: 'change',
    dependsOn: [],
  } as const,
  deadlineMs: 5_000,
});

/** How a session ends that begins with these bytes. */
function statusOf(address: string, papers: Papers, bytes: Buffer): Promise<number> {
  const { ca, certificate: cert, key } = papers;
  const ssl = credentials.createFromSecureContext(createSecureContext({ ca, cert, key }));
  const client = new Client(address, ssl, {
    'grpc.ssl_target_name_override': SERVER_NAME,
    'grpc.use_local_subchannel_pool': 1,
  });
  const raw = (value: Buffer) => value;
  const stream = client.makeBidiStreamRequest('/skep.agent.v1.AgentService/Session', raw, raw);
  stream.on('error', () => {});
  stream.resume();
  stream.write(bytes);
  return new Promise((resolve) => {
    stream.once('status', ({ code }) => {
      client.close();
      resolve(code);
    });
  });
}

function tlsVersion(address: string, ca: string, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  const [host = '', port = ''] = address.split(':');
  return new Promise<string | null>((resolve) => {
    const socket = connect({
      host,
      port: Number(port),
      ca,
      maxVersion,
      servername: SERVER_NAME,
      ALPNProtocols: ['h2'],
    });
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.once('error', () => resolve('refused'));
  });
}
