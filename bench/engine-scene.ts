import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import Docker from 'dockerode';

const REMOVED_AT_ONCE = 4;

/** One Compose project on an engine: its containers as they start, and their removal. */
export class EngineScene implements AsyncDisposable {
  readonly dockerHost: string;
  readonly #docker: Docker;
  readonly #label: string;

  private constructor(dockerHost: string, project: string) {
    this.dockerHost = dockerHost;
    this.#docker = new Docker({ socketPath: dockerHost.slice('unix://'.length) });
    this.#label = `com.docker.compose.project=${project}`;
  }

  static async open(dockerHost: string, project: string): Promise<EngineScene> {
    const scene = new EngineScene(dockerHost, project);
    await scene.clear();
    return scene;
  }

  /** @returns the moment, of `performance.now()`, at which so many had started from now on. */
  async started(count: number, deadlineMs: number): Promise<number> {
    const filters = { type: ['container' as const], event: ['start'], label: [this.#label] };
    const stream = Readable.from(await this.#docker.getEvents({ filters }));
    const timer = setTimeout(() => stream.destroy(new Error('not in time')), deadlineMs);
    let seen = 0;
    try {
      for await (const line of createInterface({ input: stream })) {
        if (line !== '') seen += 1;
        if (seen === count) return performance.now();
      }
      throw new Error(`only ${seen} of ${count} containers started`);
    } finally {
      clearTimeout(timer);
      stream.destroy();
    }
  }

  /** Removes all containers and networks of the project. */
  async clear(): Promise<void> {
    const filters = { label: [this.#label] };
    const all = await this.#docker.listContainers({ all: true, filters });
    const waiting = [...all];
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await this.#docker.getContainer(next.Id).remove({ force: true });
      }
    };
    // Old engines lose count of a network's endpoints where fifty leave it at one moment.
    await Promise.all(Array.from({ length: REMOVED_AT_ONCE }, work));
    const networks = await this.#docker.listNetworks({ filters });
    await Promise.all(networks.map(({ Id }) => this.#docker.getNetwork(Id).remove()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
  }
}
