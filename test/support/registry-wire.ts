import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

const TICK_MS = 20;

/** A wire to a registry that can be made slow, or break off in the middle of an answer. */
export class RegistryWire implements AsyncDisposable {
  /** Of each connection, from the registry; undefined = as fast as it goes. */
  bytesPerSecond: number | undefined;
  /** Answers end after so many bytes of one connection; undefined = never. */
  cutAfter: number | undefined;
  /** How many connections broke off. */
  cuts = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param port of the registry, on the loopback. */
  static async to(port: number): Promise<RegistryWire> {
    const server = createServer((client) => wire.#join(client, port));
    const wire = new RegistryWire(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  /** As image names begin. */
  get server(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the wire is gone');
    return `127.0.0.1:${address.port}`;
  }

  #join(client: Socket, port: number): void {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('error', () => client.destroy()).on('close', () => upstream.destroy());
    // Where the registry ends, what is still on its way arrives first.
    upstream.on('error', () => client.destroy());
    client.pipe(upstream);
    upstream.pipe(this.#throttle(client)).pipe(client);
  }

  #throttle(client: Socket): Transform {
    let passed = 0;
    const transform: Transform = new Transform({
      highWaterMark: 16 * 1024,
      transform: (chunk: Buffer, _encoding, done) => {
        passed += chunk.length;
        if (this.cutAfter !== undefined && passed > this.cutAfter) {
          this.cuts += 1;
          client.resetAndDestroy();
          return;
        }
        const rate = this.bytesPerSecond;
        const pass = () => done(null, chunk);
        if (rate === undefined) pass();
        else setTimeout(pass, Math.max(TICK_MS, (chunk.length / rate) * 1_000));
      },
    });
    return transform.on('error', () => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
