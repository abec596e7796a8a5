import { EventEmitter } from 'node:events';
import type { SessionResponse } from '../../proto/gen/skep/agent/v1/agent.ts';
import type { Stream } from '../fleet/host-session.ts';

/** The controller's end of a stream, without a wire: what was written, how it ended. */
export class FakeStream extends EventEmitter {
  readonly written: SessionResponse[] = [];
  writableLength = 0;
  finish: { readonly code: number; readonly details: string } | 'ok' | undefined;

  constructor() {
    super();
    this.on('error', (end: { code: number; details: string }) => {
      this.finish = end;
    });
  }

  write(message: SessionResponse): boolean {
    this.written.push(message);
    return true;
  }

  end(): void {
    this.finish = 'ok';
  }

  resume(): this {
    return this;
  }

  /** The part of a gRPC stream that a session uses. */
  asStream(): Stream {
    return this as unknown as Stream;
  }
}
