import type { BlobId, DesiredHost, HostName, Sha256 } from '../../../schemas/domain/index.ts';
import { sha256 } from '../../../schemas/domain/index.ts';
import { createManifestValidator, type ManifestValidator } from '../../../schemas/validate.ts';
import type { KeptChecks } from './apps/cross-check.ts';
import type { LoadedApp } from './apps/loaded-app.ts';
import type { Converted } from './manifests/declare.ts';
import type { ManifestFile } from './manifests/read-manifests.ts';
import type { ParsedYaml } from './yaml/parse.ts';

/** Bytes of repository files whose results are kept, by default. */
const DEFAULT_KEPT_BYTES = 32 * 1024 * 1024;
/** Least weight of a kept blob: what its record costs beside the text. */
const RECORD_BYTES = 256;

/** What is known of one blob; filled in as it is asked for. */
export interface BlobRecord {
  readonly bytes: Uint8Array;
  yaml?: ParsedYaml;
  manifests?: ManifestFile;
  sha256?: Sha256;
}

export interface LoadCache {
  readonly validate: ManifestValidator;
  readonly blobs: BlobCache;
  /** Conversions of manifests that are still kept. */
  readonly converted: Converted;
  /** Hosts that no manifest declares; the same object as long as they stay. */
  readonly implicitHosts: Map<HostName, DesiredHost>;
  /** Results of the last load, by app; each knows the inputs it was made from. */
  apps: ReadonlyMap<string, LoadedApp>;
  readonly checks: KeptChecks;
}

/** Keep one for the life of the program: an unchanged file is not read, parsed or checked twice. */
export function createLoadCache(
  options: { readonly keptBytes?: number; readonly validate?: ManifestValidator } = {},
): LoadCache {
  return {
    validate: options.validate ?? createManifestValidator(),
    blobs: new BlobCache(options.keptBytes ?? DEFAULT_KEPT_BYTES),
    converted: new WeakMap(),
    implicitHosts: new Map(),
    apps: new Map(),
    checks: new Map(),
  };
}

/** By blob id, least recently used first out. */
export class BlobCache {
  readonly #records = new Map<BlobId, BlobRecord>();
  readonly #limit: number;
  #weight = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get(id: BlobId): BlobRecord | undefined {
    const record = this.#records.get(id);
    if (!record) return undefined;
    this.#records.delete(id);
    this.#records.set(id, record);
    return record;
  }

  put(id: BlobId, record: BlobRecord): void {
    this.#records.set(id, record);
    this.#weight += weightOf(record);
    for (const [oldest, old] of this.#records) {
      if (this.#weight <= this.#limit || oldest === id) break;
      this.#records.delete(oldest);
      this.#weight -= weightOf(old);
    }
  }
}

const weightOf = (record: BlobRecord): number => RECORD_BYTES + record.bytes.length;

export function sha256Of(record: BlobRecord): Sha256 {
  record.sha256 ??= sha256(record.bytes);
  return record.sha256;
}
