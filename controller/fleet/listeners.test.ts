import { randomBytes } from 'node:crypto';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import { decodeJoinToken, SERVER_NAME } from '../../proto/join-token.ts';
import { toHostName } from '../../schemas/domain/index.ts';
import { INSTALLATION } from '../testing/builders.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { MemorySecrets } from '../testing/memory-secrets.ts';
import { FleetServer } from './fleet-server.ts';
import { withPort } from './listeners.ts';

const DAY_MS = 86_400_000;

describe('the listeners', () => {
  let fleet: FleetServer;
  const start = async (advertise: readonly string[], listen = '127.0.0.1:0') => {
    const clock = new DrivenClock(Date.now());
    fleet = new FleetServer({
      clock,
      logger: silentLogger,
      randomBytes,
      secrets: new MemorySecrets(),
      installation: INSTALLATION,
      agentListen: listen,
      enrollListen: listen,
      advertise,
      declared: () => undefined,
      audit: () => {},
    });
    await fleet.start();
    return clock;
  };
  const addresses = async () => {
    const token = decodeJoinToken(await fleet.createJoinToken(toHostName('web-01')));
    return token?.agent.map((address) => address.replace(/:\d+$/, ''));
  };

  afterEach(async () => await fleet.stop());

  it('get a new certificate in the middle of its life, without a restart', async () => {
    const clock = await start([]);
    const { agent, enroll } = fleet.addresses();
    const before = [await fingerprint(agent), await fingerprint(enroll)];
    await clock.advance(14 * DAY_MS);
    expect([await fingerprint(agent), await fingerprint(enroll)]).toEqual(before);
    await clock.advance(2 * DAY_MS);
    await expect.poll(() => fingerprint(enroll)).not.toBe(before[1]);
    await expect.poll(() => fingerprint(agent)).not.toBe(before[0]);
  });

  it('are dialled by what is advertised first, then by where they are bound', async () => {
    await start(['skep.example.com', '::1']);
    expect(await addresses()).toEqual(['skep.example.com', '[::1]', '127.0.0.1']);
  });

  it('are dialled by the name of the machine where they are bound everywhere', async () => {
    await start([], '0.0.0.0:0');
    expect(await addresses()).toEqual([expect.any(String), '127.0.0.1', 'localhost']);
  });
});

describe('an address with its port', () => {
  it('has brackets where it is IPv6', () => {
    expect(withPort('fd00::1', 7421)).toBe('[fd00::1]:7421');
    expect(withPort('10.0.0.1', 7421)).toBe('10.0.0.1:7421');
  });
});

/** Of the certificate that the listener presents now. */
function fingerprint(address: string): Promise<string> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port),
      rejectUnauthorized: false,
      servername: SERVER_NAME,
      ALPNProtocols: ['h2'],
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
  });
}
