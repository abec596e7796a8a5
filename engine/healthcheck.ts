import type { ComposeHealthcheck, EngineBody } from '../schemas/domain/index.ts';
import { compact } from './body.ts';
import { durationNs } from './duration.ts';

/** The engine's words for a health check, of a container as of a service. */
export function healthcheckBody(check: ComposeHealthcheck): EngineBody {
  if (check.disable) return { Test: ['NONE'] };
  const ns = (text: string | undefined) => (text === undefined ? 0 : durationNs(text));
  return compact({
    Test: check.test,
    Interval: ns(check.interval),
    Timeout: ns(check.timeout),
    StartPeriod: ns(check.start_period),
    StartInterval: ns(check.start_interval),
    Retries: check.retries,
  });
}
