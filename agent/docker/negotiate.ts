import { compareVersions } from '../../engine/version.ts';
import { EngineFailure } from '../core/engine-failure.ts';

/** Docker 20.10. */
export const OLDEST_API = '1.41';
/** The newest the normaliser knows (Docker 28.5). */
const NEWEST_API = '1.51';

/**
 * The version to speak with an engine that knows `minimum` to `maximum`.
 * @throws EngineFailure EngineError where the two of us have none in common.
 */
export function negotiate(maximum: string, minimum: string): string {
  if (compareVersions(maximum, OLDEST_API) < 0) {
    throw unsupported(`its API is ${maximum}, at least ${OLDEST_API} (Docker 20.10) is needed`);
  }
  if (compareVersions(minimum, NEWEST_API) > 0) {
    throw unsupported(`its oldest API is ${minimum}, ${NEWEST_API} is the newest known here`);
  }
  return compareVersions(maximum, NEWEST_API) < 0 ? maximum : NEWEST_API;
}

const unsupported = (why: string): EngineFailure =>
  new EngineFailure('EngineError', 'host', `this Docker engine cannot be used: ${why}`);
