import { type Logger as PinoLogger, pino } from 'pino';

/** Structured log: constant message, data in fields, children bound with context. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

const REDACTED_FIELDS = ['password', 'token', 'secret', 'authorization', 'privateKey', 'cookie'];

/** @param options.format `json`, or `pretty` for a terminal. Writes to standard error. */
export function createLogger(options: {
  readonly level: string;
  readonly format: 'json' | 'pretty';
  readonly program: string;
}): Logger {
  const redact = {
    paths: REDACTED_FIELDS.flatMap((name) => [name, `*.${name}`]),
    censor: '[redacted]',
  };
  const base = { program: options.program };
  const settings = { level: options.level, redact, base };
  if (options.format === 'pretty') {
    const transport = {
      target: 'pino-pretty',
      options: { destination: 2, ignore: 'pid,hostname,program', translateTime: 'HH:MM:ss' },
    };
    return pino({ ...settings, transport }) satisfies PinoLogger;
  }
  return pino(settings, pino.destination(2)) satisfies PinoLogger;
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
