/**
 * Wire <-> domain. Total: what an agent sends is data of a stranger, so unknown words become a
 * stated default, texts are cut and control characters escaped; nothing here throws.
 */
import {
  type EngineInfo,
  type ManifestAnswer,
  type ObservedDelta,
  OPERATION_ERROR_CODES,
  type OperationErrorCode,
  type OperationProgress,
  type Outcome,
} from '../schemas/domain/index.ts';
import type * as wire from './gen/skep/agent/v1/agent.ts';
import { decodeObjects, encodeObjects, engineFields } from './objects.ts';
import { cleanName, cleanText } from './text.ts';
import { FAULT_NUMBERS, faultWord, STATUS_NUMBERS, statusWord } from './words.ts';

export { decodeObjects, encodeObjects, type WireObjects } from './objects.ts';
export { decodeOperation, encodeOperation } from './operation.ts';
export { cleanText } from './text.ts';

/** The version both sides speak; see Hello. */
export const PROTOCOL = 1;

const MOST_LINES = 1_000;
const MOST_PROGRESS_TEXT = 200;
const MOST_PLATFORMS = 100;
const MANIFEST_DIGEST = /^sha256:[0-9a-f]{64}$/;
const LATEST_MS = Date.UTC(9999, 0, 1);

export const encodeEngine = (engine: EngineInfo): wire.Engine => engineFields(engine);
export const decodeEngine = (engine: wire.Engine | undefined): EngineInfo => engineFields(engine);

export function encodeDelta(delta: ObservedDelta, sequence: bigint): wire.Delta {
  return {
    sequence,
    objects: encodeObjects(delta),
    removedContainers: delta.removed.containers.map(cleanName),
    removedNetworks: delta.removed.networks.map(cleanName),
    removedVolumes: delta.removed.volumes.map(cleanName),
    removedImages: delta.removed.images.map(cleanName),
    removedSwarm: (delta.removed.swarm ?? []).map(cleanName),
  };
}

export function decodeDelta(delta: wire.Delta): ObservedDelta {
  return {
    ...decodeObjects(delta.objects),
    removed: {
      containers: delta.removedContainers.map(cleanName),
      networks: delta.removedNetworks.map(cleanName),
      volumes: delta.removedVolumes.map(cleanName),
      images: delta.removedImages.map(cleanName),
      ...(delta.removedSwarm.length > 0 && { swarm: delta.removedSwarm.map(cleanName) }),
    },
  };
}

export function encodeOutcome(operationId: string, outcome: Outcome): wire.Outcome {
  const { status, durationMs, error } = outcome;
  return {
    operationId,
    status: STATUS_NUMBERS[status],
    durationMs: whole(durationMs),
    errorCode: error?.code ?? '',
    errorFault: FAULT_NUMBERS[error?.fault ?? 'world'],
    errorMessage: cleanText(error?.message ?? ''),
  };
}

/** A failed one without a code, or with an unknown one, is an EngineError. */
export function decodeOutcome(outcome: wire.Outcome): Outcome {
  const { durationMs } = outcome;
  const status = statusWord(outcome.status);
  if (status !== 'failed') return { status, durationMs };
  const error = {
    code: errorCodeOf(outcome.errorCode, 'EngineError'),
    fault: faultWord(outcome.errorFault),
    message: cleanText(outcome.errorMessage),
  };
  return { status, durationMs, error };
}

export function encodeProgress(operationId: string, progress: OperationProgress): wire.Progress {
  return { operationId, ...progressFields(progress) };
}

export const decodeProgress = (progress: wire.Progress): OperationProgress =>
  progressFields(progress);

const progressFields = ({ text, doneBytes, totalBytes }: OperationProgress): OperationProgress => ({
  text: cleanText(text, MOST_PROGRESS_TEXT),
  doneBytes: whole(doneBytes, Number.MAX_SAFE_INTEGER),
  totalBytes: whole(totalBytes, Number.MAX_SAFE_INTEGER),
});

export function encodeManifest(requestId: string, answer: ManifestAnswer): wire.ManifestAnswer {
  if ('error' in answer) {
    const { code, message } = answer.error;
    const [errorCode, errorMessage] = [code, cleanText(message)];
    return { requestId, digest: '', platforms: [], errorCode, errorMessage };
  }
  const { digest, platforms } = answer.manifest;
  const shown = platforms.slice(0, MOST_PLATFORMS).map((platform) => ({
    os: cleanName(platform.os),
    architecture: cleanName(platform.architecture),
    variant: cleanName(platform.variant ?? ''),
  }));
  return { requestId, digest, platforms: shown, errorCode: '', errorMessage: '' };
}

/** What names no digest is a failure; it is always the world's, never the asker's. */
export function decodeManifest(answer: wire.ManifestAnswer): ManifestAnswer {
  const { digest, platforms } = answer;
  if (!MANIFEST_DIGEST.test(digest)) {
    const code = errorCodeOf(answer.errorCode, 'PullFailed');
    const message = cleanText(answer.errorMessage) || 'the registry named no digest';
    return { error: { code, fault: 'world', message } };
  }
  const shown = platforms.slice(0, MOST_PLATFORMS).map(({ os, architecture, variant }) => ({
    os: cleanName(os),
    architecture: cleanName(architecture),
    ...(variant !== '' && { variant: cleanName(variant) }),
  }));
  return { manifest: { digest, platforms: shown } };
}

const errorCodeOf = (text: string, otherwise: OperationErrorCode): OperationErrorCode => {
  const codes: readonly OperationErrorCode[] = OPERATION_ERROR_CODES;
  return codes.find((code) => code === text) ?? otherwise;
};

/** The host owner's pause, on the host's clock. */
export interface PauseState {
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
}

export function encodePause(pause: PauseState | undefined): wire.Pause {
  if (!pause) return { reason: '', untilMs: 0n };
  return {
    reason: cleanText(pause.reason) || 'no reason given',
    untilMs: BigInt(Math.max(1, whole(pause.untilMs, LATEST_MS))),
  };
}

export function decodePause(pause: wire.Pause): PauseState | null {
  if (pause.reason === '' || pause.untilMs <= 0n) return null;
  const untilMs = Math.min(LATEST_MS, Number(pause.untilMs));
  return { reason: cleanText(pause.reason), untilMs };
}

export const decodeLines = (chunk: wire.LogChunk): readonly string[] =>
  chunk.lines.slice(-MOST_LINES).map((line) => cleanText(line));

export function encodeLines(requestId: string, lines: readonly string[]): wire.LogChunk {
  return { requestId, lines: lines.slice(-MOST_LINES).map((line) => cleanText(line, 1_024)) };
}

function whole(value: number, most = 2 ** 32 - 1): number {
  if (!Number.isFinite(value)) return 0;
  return Math.min(most, Math.max(0, Math.round(value)));
}
