/** What one repository may cost. Counts and bytes are of one revision, times in milliseconds. */
export interface SourceLimits {
  /** Files and folders under the configured path. */
  readonly maxEntries: number;
  /** Text of one listing; long and deep paths count. */
  readonly maxListingBytes: number;
  readonly maxFileBytes: number;
  /** Of all files asked for at once. */
  readonly maxReadBytes: number;
  /** Of the mirror on disk, while it is fetched. */
  readonly maxMirrorBytes: number;
  readonly blobCacheBytes: number;
  readonly fetchTimeoutMs: number;
  /** The first fetch carries the whole history. */
  readonly cloneTimeoutMs: number;
  readonly readTimeoutMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: SourceLimits = Object.freeze({
  maxEntries: 100_000,
  maxListingBytes: 64 * MIB,
  maxFileBytes: 16 * MIB,
  maxReadBytes: 256 * MIB,
  maxMirrorBytes: 4096 * MIB,
  blobCacheBytes: 64 * MIB,
  fetchTimeoutMs: 60_000,
  cloneTimeoutMs: 600_000,
  readTimeoutMs: 30_000,
});
