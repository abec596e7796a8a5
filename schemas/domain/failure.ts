/**
 * An environment fault: thrown, never returned (decision 17). User faults are `Issue`s.
 * `retry` says who must act: `never` = a person, `backoff` = time.
 */
export class Failure extends Error {
  readonly code: string;
  readonly retry: 'never' | 'backoff' | { readonly afterMs: number };

  constructor(
    code: string,
    message: string,
    options: {
      readonly retry?: Failure['retry'];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.retry = options.retry ?? 'backoff';
  }
}
