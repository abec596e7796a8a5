import type Docker from 'dockerode';
import type { ImageManifest, ImagePlatform } from '../../schemas/domain/index.ts';
import { EngineFailure } from '../core/engine-failure.ts';
import { send } from './request.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MOST_PLATFORMS = 100;

/** Asks the registry through the engine, with the engine's own settings for it. */
export async function inspectManifest(
  docker: Docker,
  path: string,
  auth: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<ImageManifest> {
  const login = auth && { registryAuth: auth };
  const request = { method: 'GET', path: `/distribution/${path}/json`, ...login } as const;
  return manifestOf(await send(docker, { ...request, call: 'pull-image' }, signal));
}

function manifestOf(answer: unknown): ImageManifest {
  const { Descriptor, Platforms } = isRecord(answer) ? answer : {};
  const digest = isRecord(Descriptor) ? Descriptor['digest'] : undefined;
  if (typeof digest !== 'string' || !DIGEST.test(digest)) {
    throw new EngineFailure('PullFailed', 'world', 'the registry named no digest');
  }
  const platforms = Array.isArray(Platforms) ? Platforms.slice(0, MOST_PLATFORMS) : [];
  return { digest, platforms: platforms.flatMap(platformOf) };
}

function platformOf(value: unknown): readonly ImagePlatform[] {
  if (!isRecord(value)) return [];
  const { os, architecture, variant } = value;
  // A list may hold what is no image, such as an attestation.
  if (typeof os !== 'string' || typeof architecture !== 'string') return [];
  if (os === '' || os === 'unknown' || architecture === '') return [];
  return [{ os, architecture, ...(typeof variant === 'string' && variant && { variant }) }];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
