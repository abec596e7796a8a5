import type Docker from 'dockerode';
import type { OperationProgress } from '../../schemas/domain/index.ts';
import { EngineFailure } from '../core/engine-failure.ts';
import { classifyEngineError } from './classify-engine-error.ts';
import { jsonLines } from './lines.ts';
import { PullProgress } from './pull-progress.ts';
import { sendForStream } from './request.ts';

/**
 * Pulls and follows the engine's words to their end: the status comes before the first layer, a
 * failure comes as a line.
 */
export async function pull(
  docker: Docker,
  reference: string,
  auth: Uint8Array | undefined,
  platform: string | undefined,
  progress: (progress: OperationProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = { fromImage: withTag(reference), ...(platform && { platform }) };
  const login = auth && { registryAuth: auth };
  const path = '/images/create';
  const request = { method: 'POST', path, query, call: 'pull-image', ...login } as const;
  const stream = await sendForStream(docker, request, signal);
  const told = new PullProgress();
  try {
    for await (const line of jsonLines(stream)) {
      if (typeof line['error'] === 'string') throw refused(line['error']);
      progress(told.add(line));
    }
  } catch (cause) {
    if (cause instanceof EngineFailure) throw cause;
    throw classifyEngineError('pull-image', { status: undefined, message: String(cause), cause });
  } finally {
    stream.destroy();
  }
}

/** Without tag and digest the engine would pull every tag of the repository. */
function withTag(reference: string): string {
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? reference : `${reference}:latest`;
}

/** An error line has no status of its own; 500 keeps it apart from a broken answer. */
const refused = (message: string): EngineFailure =>
  classifyEngineError('pull-image', { status: 500, message });
