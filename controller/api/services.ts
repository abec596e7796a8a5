import { EventStreams } from './event-streams.ts';
import { Gate } from './gate.ts';
import { LoginLimiter } from './login-limiter.ts';
import type { ApiDeps } from './ports.ts';
import { RateLimiter } from './rate-limiter.ts';

/** What lives as long as the app: counters, queues and open streams. */
export interface Services {
  readonly logins: LoginLimiter;
  /** argon2 takes 19 MiB and a thread each. */
  readonly passwords: Gate;
  readonly plans: Gate;
  readonly rate: RateLimiter;
  readonly streams: EventStreams;
}

export const createServices = (deps: ApiDeps): Services => ({
  logins: new LoginLimiter(deps),
  passwords: new Gate(4, 64),
  plans: new Gate(2, 8),
  rate: new RateLimiter(deps.clock),
  streams: new EventStreams(deps),
});
