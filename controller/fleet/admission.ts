import { cleanText, PROTOCOL } from '../../proto/codec.ts';
import type { Hello } from '../../proto/gen/skep/agent/v1/agent.ts';
import { isClientOnly, parseCertificate, type Subject, subjectOf } from './certificates.ts';
import type { Stream } from './host-session.ts';
import type { Ledger } from './ledger.ts';
import { SessionRefused } from './session-end.ts';

/** Who is at the other end, by its certificate; TLS has checked its signature and dates. */
export interface Peer extends Subject {
  /** Controller time in ms. */
  readonly expiresMs: number;
}

/** @throws SessionRefused S_IDENTITY */
export function peerOf(stream: Stream): Peer {
  const raw = stream.getAuthContext().sslPeerCertificate?.raw;
  const certificate = raw && parseCertificate(raw);
  const subject = certificate && subjectOf(certificate);
  if (!subject || !isClientOnly(certificate)) {
    throw new SessionRefused('S_IDENTITY', 'the certificate is not one of an agent');
  }
  return { ...subject, expiresMs: certificate.notAfter.getTime() };
}

/** Judges a Hello against the certificate it came with. @throws SessionRefused */
export function checkHello(hello: Hello, peer: Peer, ledger: Ledger, nowMs: number): void {
  if (hello.host !== peer.host) {
    const claimed = cleanText(hello.host, 100);
    throw new SessionRefused('S_IDENTITY', `a certificate of ${peer.host} says it is ${claimed}`);
  }
  if (!isEnrolled(peer, ledger)) {
    const cause = 'the host was revoked or has joined anew: join it again';
    throw new SessionRefused('S_REVOKED', cause);
  }
  if (peer.expiresMs <= nowMs) throw new SessionRefused('S_EXPIRED', 'the certificate ran out');
  if (hello.protocol !== PROTOCOL) {
    const cause = `protocol ${hello.protocol} is not spoken here, ${PROTOCOL} is: update the agent`;
    throw new SessionRefused('S_PROTOCOL', cause);
  }
  if (!ledger.isPlausible(hello.epoch)) {
    throw new SessionRefused('S_IMPLAUSIBLE', `no controller ever had the epoch ${hello.epoch}`);
  }
}

export const isEnrolled = (subject: Subject, ledger: Ledger): boolean =>
  ledger.enrolment(subject.host)?.id === subject.enrolment;
