import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineRequest, testEngine } from '../../test/support/images.ts';
import { REGISTRY_PASSWORD, REGISTRY_USER, Registry } from '../../test/support/registry.ts';
import { hostArchitecture } from '../../test/support/registry-image.ts';
import { RegistryWire } from '../../test/support/registry-wire.ts';
import { until } from '../../test/support/until.ts';
import { createDockerodeEngine } from './dockerode-engine.ts';

const MIB = 1024 * 1024;
const engine = createDockerodeEngine(testEngine());
const signal = () => AbortSignal.timeout(50_000);
const login = (password: string, more: object = {}) =>
  new TextEncoder().encode(JSON.stringify({ username: REGISTRY_USER, password, ...more }));

describe('a pull from a real registry', () => {
  let registry: Registry;
  let wire: RegistryWire;
  const used: string[] = [];
  const name = () => `t/${randomBytes(4).toString('hex')}`;
  const pull = async (reference: string, password = REGISTRY_PASSWORD, said: string[] = []) => {
    used.push(reference);
    await engine.pullImage(reference, login(password), ({ text }) => said.push(text), signal());
    return (await engine.inspectImage(reference, signal()))?.['RepoDigests'] as string[];
  };

  beforeAll(async () => {
    await engine.connect(signal());
    registry = await Registry.start({ login: true });
    wire = await RegistryWire.to(registry.port);
  });

  afterAll(async () => {
    for (const reference of used) {
      await engineRequest(testEngine(), 'DELETE', `/images/${reference}?force=true`);
    }
    await wire?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  it('logs in, and shows the digest that the registry told', async () => {
    const repository = name();
    const digest = await registry.push(repository, '1', { mark: repository });
    const digests = await pull(`${registry.server}/${repository}:1`);
    expect(digests).toEqual([`${registry.server}/${repository}@${digest}`]);
  });

  it('logs in with a login of any length', async () => {
    const repository = name();
    await registry.push(repository, '1', { mark: repository });
    const reference = `${registry.server}/${repository}:1`;
    for (const serveraddress of ['a', 'ab', 'abc']) {
      const auth = login(REGISTRY_PASSWORD, { serveraddress });
      expect((await engine.inspectManifest(reference, auth, signal())).digest).toMatch(/^sha256:/);
    }
  });

  it('is PullDenied with a wrong password, which its message does not hold', async () => {
    const repository = name();
    await registry.push(repository, '1', { mark: repository });
    const refused = pull(`${registry.server}/${repository}:1`, 'not-the-password');
    await expect(refused).rejects.toMatchObject({ code: 'PullDenied', fault: 'world' });
    await expect(refused).rejects.not.toMatchObject({
      message: expect.stringContaining('not-the-password'),
    });
  });

  it('is ImageNotFound for a tag that was deleted, and for its digest', async () => {
    const repository = name();
    const digest = await registry.push(repository, '1', { mark: repository });
    await registry.delete(repository, digest);
    for (const reference of [`${repository}:1`, `${repository}@${digest}`]) {
      const gone = pull(`${registry.server}/${reference}`);
      await expect(gone).rejects.toMatchObject({ code: 'ImageNotFound', fault: 'world' });
    }
  });

  it('follows a tag that moved, and still brings the former digest', async () => {
    const repository = name();
    const reference = `${registry.server}/${repository}`;
    const first = await registry.push(repository, '1', { mark: `${repository} one` });
    expect(await pull(`${reference}:1`)).toEqual([`${reference}@${first}`]);
    const second = await registry.push(repository, '1', { mark: `${repository} two` });
    expect(await pull(`${reference}:1`)).toEqual([`${reference}@${second}`]);
    expect(await pull(`${reference}@${first}`)).toEqual([`${reference}@${first}`]);
  });

  it('takes the image of this platform from a list, by the digest of the list', async () => {
    const repository = name();
    const digest = await registry.pushList(repository, '1', { mark: repository }, [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ]);
    const digests = await pull(`${registry.server}/${repository}:1`);
    expect(digests).toEqual([`${registry.server}/${repository}@${digest}`]);
  });

  it('is PlatformMismatch where a list has nothing for this platform', async () => {
    const repository = name();
    await registry.pushList(repository, '1', { mark: repository }, [
      { os: 'linux', architecture: 's390x' },
    ]);
    const refused = pull(`${registry.server}/${repository}:1`);
    await expect(refused).rejects.toMatchObject({ code: 'PlatformMismatch' });
  });

  it('tells how far it is while a registry is slow', async () => {
    const repository = name();
    await registry.push(repository, '1', { mark: repository, ballast: MIB });
    wire.bytesPerSecond = MIB;
    const said: string[] = [];
    await pull(`${wire.server}/${repository}:1`, REGISTRY_PASSWORD, said);
    wire.bytesPerSecond = undefined;
    expect(said.join('\n')).toMatch(/Downloading .*MB/);
  });

  it('goes on where a connection broke off, and says that it tries again', async () => {
    const repository = name();
    await registry.push(repository, '1', { mark: repository, ballast: 2 * MIB });
    const said: string[] = [];
    wire.cutAfter = 1.5 * MIB;
    const pulled = pull(`${wire.server}/${repository}:1`, REGISTRY_PASSWORD, said);
    await until(() => wire.cuts > 0, { what: 'a cut', deadlineMs: 40_000 });
    wire.cutAfter = undefined;
    expect(await pulled).toHaveLength(1);
    expect(said.join('\n')).toContain('Retrying');
  });

  it('ends at once when nobody waits for it any more', async () => {
    const repository = name();
    await registry.push(repository, '1', { mark: repository, ballast: 16 * MIB });
    wire.bytesPerSecond = MIB;
    const abandoned = new AbortController();
    const reference = `${wire.server}/${repository}:1`;
    const said: string[] = [];
    const pulled = engine.pullImage(
      reference,
      login(REGISTRY_PASSWORD),
      ({ text }) => said.push(text),
      abandoned.signal,
    );
    const outcome = expect(pulled).rejects.toMatchObject({ fault: 'world' });
    await until(() => said.some((text) => text.includes('Downloading')), {
      what: 'the download to begin',
      deadlineMs: 40_000,
    });
    abandoned.abort();
    await outcome;
    wire.bytesPerSecond = undefined;
    expect(await engine.inspectImage(reference, signal())).toBeUndefined();
  });

  it('is preceded by a look at the manifest that pulls nothing', async () => {
    const repository = name();
    const reference = `${registry.server}/${repository}`;
    const digest = await registry.push(repository, '1', { mark: repository });
    const look = (what: string, password = REGISTRY_PASSWORD) =>
      engine.inspectManifest(`${reference}${what}`, login(password), signal());
    expect(await look(':1')).toEqual({
      digest,
      platforms: [{ os: 'linux', architecture: hostArchitecture() }],
    });
    expect((await look(`@${digest}`)).digest).toBe(digest);
    expect(await engine.inspectImage(`${reference}:1`, signal())).toBeUndefined();
    await expect(look(':2')).rejects.toMatchObject({ code: 'ImageNotFound', fault: 'world' });
    await expect(look(':1', 'wrong')).rejects.toMatchObject({ code: 'PullDenied' });
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    const list = await registry.pushList(repository, '3', { mark: repository }, platforms);
    expect(await look(':3')).toEqual({ digest: list, platforms });
  });

  it('can be taken back where no container has the image, and only there', async () => {
    const repository = name();
    const reference = `${registry.server}/${repository}:1`;
    await registry.push(repository, '1', { mark: repository });
    await pull(reference);
    const id = String((await engine.inspectImage(reference, signal()))?.['Id']);
    const container = await engine.createContainer(
      `skep-pull-${process.pid}`,
      { Image: id },
      signal(),
    );
    await expect(engine.removeImage(id, signal())).rejects.toMatchObject({ status: 409 });
    await engine.removeContainer(container, signal());
    await engine.removeImage(id, signal());
    expect(await engine.inspectImage(id, signal())).toBeUndefined();
    await engine.removeImage(id, signal());
  });
});
