import type { SecretStore } from '../fleet/ledger.ts';

/** A vault's secrets in memory; every write takes a turn of the event loop, as a disk would. */
export class MemorySecrets implements SecretStore {
  readonly files = new Map<string, Buffer>();
  /** Thrown by the next write, once. */
  failure: Error | undefined;

  async secret(name: string): Promise<Buffer | undefined> {
    return this.files.get(name);
  }

  async putSecret(name: string, bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
    this.files.set(name, Buffer.from(bytes));
  }
}
