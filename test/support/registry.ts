import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageContent, imageBlobs, type Platform } from './registry-image.ts';
import { freePort } from './tcp-proxy.ts';
import { until } from './until.ts';

export const REGISTRY_USER = 'puller';
export const REGISTRY_PASSWORD = 'correct horse';
/** bcrypt of it: the only kind that the program takes. */
const PASSWORD_FILE = `${REGISTRY_USER}:$2y$04$yB2fmpCcsbxFBBZsTxVo7u.35GHVUBTZPFi96RnnI1X6kj3gWUK2i\n`;
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const START_DEADLINE_MS = 20_000;

/** Debian's docker-registry on a port of the loopback, with its data in a folder of its own. */
export class Registry implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #login: Readonly<Record<string, string>>;

  private constructor(port: number, folder: string, child: ChildProcess, login: boolean) {
    this.port = port;
    this.#folder = folder;
    this.#child = child;
    const pair = Buffer.from(`${REGISTRY_USER}:${REGISTRY_PASSWORD}`).toString('base64');
    this.#login = login ? { authorization: `Basic ${pair}` } : {};
  }

  /** @param login whether it asks for one. */
  static async start({ login }: { readonly login: boolean }): Promise<Registry> {
    const folder = await mkdtemp(join(tmpdir(), 'skep-registry-'));
    const port = await freePort();
    const passwords = join(folder, 'htpasswd');
    await writeFile(passwords, PASSWORD_FILE);
    const config = {
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}` },
      ...(login && { auth: { htpasswd: { realm: 'skep', path: passwords } } }),
    };
    const file = join(folder, 'config.yml');
    await writeFile(file, JSON.stringify(config));
    const child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
    const failed = once(child, 'error').then(([error]) => {
      throw new Error(
        `docker-registry is needed (Debian: apt-get install docker-registry): ${error}`,
      );
    });
    await using undo = new AsyncDisposableStack();
    const registry = undo.use(new Registry(port, folder, child, login));
    const up = until(() => registry.#answers(), {
      what: 'docker-registry to answer',
      deadlineMs: START_DEADLINE_MS,
    });
    await Promise.race([up, failed]);
    undo.move();
    return registry;
  }

  /** As image names begin. */
  get server(): string {
    return `127.0.0.1:${this.port}`;
  }

  async #answers(): Promise<boolean> {
    const answer = await fetch(`http://${this.server}/v2/`).catch(() => undefined);
    return answer?.status === 200 || answer?.status === 401;
  }

  /** Puts an image there past every engine; a tag that exists moves. @returns its digest. */
  async push(repository: string, tag: string, content: ImageContent): Promise<string> {
    const { layer, config, manifest } = imageBlobs(content);
    for (const blob of [layer, config]) await this.#upload(repository, blob.digest, blob.bytes);
    return await this.#putManifest(repository, tag, manifest, MANIFEST);
  }

  /** One name for an image of each platform. @returns the digest of their list. */
  async pushList(
    repository: string,
    tag: string,
    content: ImageContent,
    platforms: readonly Platform[],
  ): Promise<string> {
    const manifests = [];
    for (const platform of platforms) {
      const { manifest } = imageBlobs({ ...content, platform });
      const digest = await this.push(repository, `${tag}-${platform.architecture}`, {
        ...content,
        platform,
      });
      manifests.push({ mediaType: MANIFEST, size: manifest.length, digest, platform });
    }
    const mediaType = 'application/vnd.docker.distribution.manifest.list.v2+json';
    const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
    return await this.#putManifest(repository, tag, list, mediaType);
  }

  /** Removes the manifest: neither tag nor digest is found any more. */
  async delete(repository: string, digest: string): Promise<void> {
    const path = `/v2/${repository}/manifests/${digest}`;
    await this.#request('DELETE', path, {}, undefined, 202);
  }

  async #upload(repository: string, digest: string, bytes: Buffer): Promise<void> {
    const begun = await this.#request(
      'POST',
      `/v2/${repository}/blobs/uploads/`,
      {},
      undefined,
      202,
    );
    const at = new URL(begun.headers.get('location') ?? '', `http://${this.server}`);
    at.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    await this.#request('PUT', at.pathname + at.search, headers, bytes, 201);
  }

  async #putManifest(repository: string, tag: string, bytes: Buffer, type: string) {
    const path = `/v2/${repository}/manifests/${tag}`;
    const put = await this.#request('PUT', path, { 'content-type': type }, bytes, 201);
    const digest = put.headers.get('docker-content-digest');
    if (!digest) throw new Error('the registry named no digest');
    return digest;
  }

  async #request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer | undefined,
    wanted: number,
  ): Promise<Response> {
    const answer = await fetch(`http://${this.server}${path}`, {
      method,
      headers: { ...this.#login, ...headers },
      ...(body && { body: new Uint8Array(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    if (answer.status !== wanted) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Without a number it never ran, and ends with no event.
    if (this.#child.pid && this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
