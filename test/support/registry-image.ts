import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { FOREVER, rootFileSystem } from '../../scripts/busybox-image.ts';
import { tar } from '../../scripts/tar.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export interface ImageContent {
  /** What `/etc/image` says: another mark, another image. */
  readonly mark: string;
  readonly platform?: Platform;
  /** Bytes that do not compress, for pulls that take their time. */
  readonly ballast?: number;
}

export interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** An image of one layer, byte for byte as a registry keeps it. */
export function imageBlobs({ mark, platform, ballast = 0 }: ImageContent): {
  readonly layer: Blob;
  readonly config: Blob;
  readonly manifest: Buffer;
} {
  const noise = { path: 'ballast', content: bytesOf(mark, ballast), mode: 0o644 };
  const archive = tar([...rootFileSystem({ reference: mark }), ...(ballast > 0 ? [noise] : [])]);
  const layer = blob(gzipSync(archive, { level: 1 }));
  const { os, architecture } = platform ?? { os: 'linux', architecture: hostArchitecture() };
  const config = blob(
    json({
      architecture,
      os,
      created: '2026-01-01T00:00:00Z',
      config: { Cmd: FOREVER, Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
      history: [{ created: '2026-01-01T00:00:00Z', created_by: 'skep test' }],
    }),
  );
  const type = 'application/vnd.docker';
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${type}.distribution.manifest.v2+json`,
    config: described(`${type}.container.image.v1+json`, config),
    layers: [described(`${type}.image.rootfs.diff.tar.gzip`, layer)],
  });
  return { layer, config, manifest };
}

export const hostArchitecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch);

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const blob = (bytes: Buffer): Blob => ({ digest: digestOf(bytes), bytes });

const described = (mediaType: string, { digest, bytes }: Blob) => ({
  mediaType,
  digest,
  size: bytes.length,
});

/** Looks like noise and is the same in each run. */
function bytesOf(mark: string, count: number): Buffer {
  const parts: Buffer[] = [];
  let block = createHash('sha512').update(mark).digest();
  for (let size = 0; size < count; size += block.length) {
    parts.push(block);
    block = createHash('sha512').update(block).digest();
  }
  return Buffer.concat(parts).subarray(0, count);
}
