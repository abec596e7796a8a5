import type { DockerEngine } from '../core/docker-engine.ts';
import type { LogReader } from '../session/ports.ts';

const LINES_LIMIT = 1000;

/** Log lines of containers, for a status that says why something failed; never very many. */
export function createLogReader(engine: DockerEngine): LogReader {
  return {
    tail(container, lines, signal) {
      return engine.tailLogs(container, Math.min(Math.max(1, lines), LINES_LIMIT), signal);
    },
  };
}
