/**
 * Wire <-> domain. Total: what an agent sends is data of a stranger, so unknown words become a
 * stated default, texts are cut and control characters escaped; nothing here throws.
 */
import {
  type EngineInfo,
  type ObservedDelta,
  OPERATION_ERROR_CODES,
  type OperationErrorCode,
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
    },
  };
}

export function encodeOutcome(operationId: string, outcome: Outcome): wire.Outcome {
  const { status, durationMs, error } = outcome;
  return {
    operationId,
    status: STATUS_NUMBERS[status],
    durationMs: milliseconds(durationMs),
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
  const codes: readonly OperationErrorCode[] = OPERATION_ERROR_CODES;
  const error = {
    code: codes.find((code) => code === outcome.errorCode) ?? 'EngineError',
    fault: faultWord(outcome.errorFault),
    message: cleanText(outcome.errorMessage),
  };
  return { status, durationMs, error };
}

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
    untilMs: BigInt(Math.max(1, milliseconds(pause.untilMs, LATEST_MS))),
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

function milliseconds(value: number, most = 2 ** 32 - 1): number {
  if (!Number.isFinite(value)) return 0;
  return Math.min(most, Math.max(0, Math.round(value)));
}
