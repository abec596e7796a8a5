import type { OperationError } from './operation.ts';

/** As in image platforms: `linux`, `amd64`, and mostly no variant. */
export interface ImagePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** What a reference means in its registry. */
export interface ImageManifest {
  /** `sha256:…`, of the manifest or of the list that the reference names. */
  readonly digest: string;
  /** What there are images for; none = not told. */
  readonly platforms: readonly ImagePlatform[];
}

/** How far an operation is, for people. */
export interface OperationProgress {
  readonly text: string;
  /** Of a pull: bytes that are there, and of how many, as far as the engine has told; 0 = not told. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** The manifest, or why it cannot be told. */
export type ManifestAnswer =
  | { readonly manifest: ImageManifest }
  | { readonly error: OperationError };
