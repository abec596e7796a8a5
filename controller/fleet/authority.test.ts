import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeEach, describe, expect, it } from 'vitest';
import { toHostName } from '../../schemas/domain/index.ts';
import { MemorySecrets } from '../testing/memory-secrets.ts';
import { Authority } from './authority.ts';
import { isClientOnly, parseCertificate, subjectOf } from './certificates.ts';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const subject = { host: toHostName('web-01'), enrolment: 'e1' };

type Keys = webcrypto.CryptoKeyPair;
const ecKeys = (curve = 'P-256') =>
  webcrypto.subtle.generateKey({ ...EC, namedCurve: curve }, true, ['sign', 'verify']);

async function request(keys: Keys, over: object = {}): Promise<Buffer> {
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=web-01',
    keys,
    signingAlgorithm: EC,
    ...over,
  });
  return Buffer.from(csr.rawData);
}

describe('the certificate authority', () => {
  let secrets: MemorySecrets;
  let nowMs: number;
  let authority: Authority;
  const open = () => Authority.open(secrets, () => nowMs);
  const issue = async (keys: Keys) => {
    const der = await authority.issueAgent(subject, await request(keys));
    const certificate = parseCertificate(der);
    if (!certificate) throw new Error('no certificate');
    return { der, certificate };
  };

  beforeEach(async () => {
    secrets = new MemorySecrets();
    nowMs = Date.UTC(2026, 0, 1);
    authority = await open();
  });

  it('is the same one after a restart', async () => {
    expect((await open()).digest()).toBe(authority.digest());
    expect(createHash('sha256').update(authority.der()).digest('hex')).toBe(authority.digest());
  });

  it('is made anew where a crash left its certificate without a key, never the other way', async () => {
    secrets.files.delete('ca.key.pem');
    expect((await open()).digest()).not.toBe(authority.digest());
    secrets.files.delete('ca.crt.pem');
    await expect(open()).rejects.toMatchObject({ code: 'CaIncomplete', retry: 'never' });
  });

  it('names the host and its enrolment, for clients only, for a day', async () => {
    const { certificate } = await issue(await ecKeys());
    expect(subjectOf(certificate)).toEqual(subject);
    expect(isClientOnly(certificate)).toBe(true);
    expect(certificate.notAfter.getTime() - nowMs).toBe(DAY_MS);
    expect(certificate.getExtension(x509.BasicConstraintsExtension)?.ca).toBe(false);
  });

  it('takes nothing but the key from a request: no name, no CA, no usage', async () => {
    const keys = await ecKeys();
    const csr = await request(keys, {
      name: 'CN=db-01,O=evil',
      extensions: [
        new x509.BasicConstraintsExtension(true, 9, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          { type: 'url', value: 'skep:host:db-01' },
          { type: 'dns', value: 'controller.skep.internal' },
        ]),
      ],
    });
    const certificate = parseCertificate(await authority.issueAgent(subject, csr));
    if (!certificate) throw new Error('no certificate');
    expect(subjectOf(certificate)).toEqual(subject);
    expect(isClientOnly(certificate)).toBe(true);
    expect(certificate.subject).toBe('CN=web-01');
    expect(certificate.getExtension(x509.BasicConstraintsExtension)?.ca).toBe(false);
    expect(certificate.toString('text')).not.toContain('db-01');
  });

  it('refuses weak keys, other curves, damaged and foreign signatures', async () => {
    const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const rsaKeys = await webcrypto.subtle.generateKey(
      { ...rsa, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) },
      true,
      ['sign', 'verify'],
    );
    const p384 = await ecKeys('P-384');
    const damaged = await request(await ecKeys());
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    const requests = [
      await request(rsaKeys, { signingAlgorithm: rsa }),
      await request(p384, { signingAlgorithm: { ...EC, namedCurve: 'P-384' } }),
      damaged,
      Buffer.alloc(0),
      Buffer.from('hello'),
    ];
    for (const csr of requests) {
      await expect(authority.issueAgent(subject, csr)).rejects.toMatchObject({
        code: 'CsrInvalid',
      });
    }
  });

  it('renews an expired certificate for 30 days, for the same key', async () => {
    const keys = await ecKeys();
    const { der } = await issue(keys);
    nowMs += DAY_MS + 30 * DAY_MS;
    expect(await authority.checkRenewal(der, await request(keys))).toEqual(subject);
    nowMs += 1;
    await expect(authority.checkRenewal(der, await request(keys))).rejects.toMatchObject({
      code: 'RenewRefused',
    });
  });

  it('does not renew for another key, of another CA, or what is no certificate of an agent', async () => {
    const keys = await ecKeys();
    const { der } = await issue(keys);
    const refusal = async (certificate: Uint8Array, csr: Uint8Array) =>
      await authority.checkRenewal(certificate, csr).catch((error: { code: string }) => error.code);
    expect(await refusal(der, await request(await ecKeys()))).toBe('RenewRefused');
    const foreign = await Authority.open(new MemorySecrets(), () => nowMs);
    const alien = await foreign.issueAgent(subject, await request(keys));
    expect(await refusal(alien, await request(keys))).toBe('RenewRefused');
    expect(await refusal(authority.der(), await request(keys))).toBe('RenewRefused');
    const server = new x509.X509Certificate((await authority.issueServer(['h'])).certificate);
    expect(await refusal(Buffer.from(server.rawData), await request(keys))).toBe('RenewRefused');
    expect(await refusal(Buffer.from('no'), await request(keys))).toBe('RenewRefused');
    expect(await refusal(der, Buffer.from('no'))).toBe('CsrInvalid');
  });

  it('names every address in the server certificate, as what it is', async () => {
    const names = ['skep.example.com', '10.0.0.1', '::1'];
    const pair = await authority.issueServer(names);
    const items = new x509.X509Certificate(pair.certificate).getExtension(
      x509.SubjectAlternativeNameExtension,
    )?.names.items;
    expect(items?.map(({ type }) => type)).toEqual(['dns', 'dns', 'ip', 'ip']);
  });
});
