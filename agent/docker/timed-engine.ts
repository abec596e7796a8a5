import type { Clock } from '../../kit/clock.ts';
import type { OperationProgress } from '../../schemas/domain/index.ts';
import type { DockerEngine } from '../core/docker-engine.ts';
import { EngineFailure } from '../core/engine-failure.ts';

/** Milliseconds each group of calls may take. */
export interface EngineTimeouts {
  readonly readMs: number;
  /** Create and start: an engine may copy an image's data into a new volume. */
  readonly startMs: number;
  readonly changeMs: number;
  /** A command in a container, to its end. */
  readonly execMs: number;
  /** Beyond the grace that the container has. */
  readonly stopMs: number;
  /** Without a word from the engine. */
  readonly pullIdleMs: number;
}

export const ENGINE_TIMEOUTS: EngineTimeouts = {
  readMs: 15_000,
  startMs: 120_000,
  changeMs: 30_000,
  execMs: 60_000,
  stopMs: 30_000,
  pullIdleMs: 120_000,
};

/** The same engine with a deadline on every call; EngineTimeout when it is missed. */
export function timedEngine(
  engine: DockerEngine,
  clock: Clock,
  timeouts: EngineTimeouts = ENGINE_TIMEOUTS,
): DockerEngine {
  const { readMs, startMs, changeMs, stopMs } = timeouts;
  const within = <T>(ms: number, signal: AbortSignal, call: Call<T>): Promise<T> =>
    timed(clock, ms, signal, call);
  return {
    apiVersion: () => engine.apiVersion(),
    connect: (signal) => within(readMs, signal, (s) => engine.connect(s)),
    listContainers: (signal) => within(readMs, signal, (s) => engine.listContainers(s)),
    listNetworks: (signal) => within(readMs, signal, (s) => engine.listNetworks(s)),
    listVolumes: (signal) => within(readMs, signal, (s) => engine.listVolumes(s)),
    listImages: (signal) => within(readMs, signal, (s) => engine.listImages(s)),
    inspectContainer: (id, signal) => within(readMs, signal, (s) => engine.inspectContainer(id, s)),
    inspectNetwork: (id, signal) => within(readMs, signal, (s) => engine.inspectNetwork(id, s)),
    inspectVolume: (name, signal) => within(readMs, signal, (s) => engine.inspectVolume(name, s)),
    inspectImage: (name, signal) => within(readMs, signal, (s) => engine.inspectImage(name, s)),
    createContainer: (name, body, signal) =>
      within(startMs, signal, (s) => engine.createContainer(name, body, s)),
    startContainer: (id, signal) => within(startMs, signal, (s) => engine.startContainer(id, s)),
    stopContainer: (id, timeoutS, signal) =>
      within(stopMs + timeoutS * 1000, signal, (s) => engine.stopContainer(id, timeoutS, s)),
    killContainer: (id, name, signal) =>
      within(changeMs, signal, (s) => engine.killContainer(id, name, s)),
    exec: (id, command, signal) =>
      within(timeouts.execMs, signal, (s) => engine.exec(id, command, s)),
    unpauseContainer: (id, signal) =>
      within(changeMs, signal, (s) => engine.unpauseContainer(id, s)),
    removeContainer: (id, signal) => within(changeMs, signal, (s) => engine.removeContainer(id, s)),
    renameContainer: (id, name, signal) =>
      within(changeMs, signal, (s) => engine.renameContainer(id, name, s)),
    updateContainer: (id, body, signal) =>
      within(changeMs, signal, (s) => engine.updateContainer(id, body, s)),
    createNetwork: (body, signal) => within(changeMs, signal, (s) => engine.createNetwork(body, s)),
    removeNetwork: (id, signal) => within(changeMs, signal, (s) => engine.removeNetwork(id, s)),
    connectNetwork: (network, id, endpoint, signal) =>
      within(changeMs, signal, (s) => engine.connectNetwork(network, id, endpoint, s)),
    disconnectNetwork: (network, id, signal) =>
      within(changeMs, signal, (s) => engine.disconnectNetwork(network, id, s)),
    createVolume: (body, signal) => within(changeMs, signal, (s) => engine.createVolume(body, s)),
    removeVolume: (name, signal) => within(changeMs, signal, (s) => engine.removeVolume(name, s)),
    pullImage: (reference, auth, progress, signal, platform) =>
      withDeadline(clock, signal, (restart) => {
        restart(timeouts.pullIdleMs);
        const heard = (told: OperationProgress) => {
          restart(timeouts.pullIdleMs);
          progress(told);
        };
        return (s) => engine.pullImage(reference, auth, heard, s, platform);
      }),
    removeImage: (image, signal) => within(changeMs, signal, (s) => engine.removeImage(image, s)),
    inspectManifest: (reference, auth, signal) =>
      within(readMs, signal, (s) => engine.inspectManifest(reference, auth, s)),
    // It has no end of its own; its opening has.
    events: (listener, signal) =>
      withDeadline(clock, signal, (restart, cancel) => {
        restart(readMs);
        const opened = () => {
          cancel();
          listener.opened();
        };
        return (s) => engine.events({ opened, event: (event) => listener.event(event) }, s);
      }),
    tailLogs: (id, lines, signal) => within(readMs, signal, (s) => engine.tailLogs(id, lines, s)),
  };
}

type Call<T> = (signal: AbortSignal) => Promise<T>;

/** One call that settles within `ms`. */
export const timed = <T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  call: Call<T>,
): Promise<T> =>
  withDeadline(clock, signal, (restart) => {
    restart(ms);
    return call;
  });

/**
 * Runs a call under a deadline that it may move. The promise settles at the deadline even where
 * the call does not heed its signal.
 */
function withDeadline<T>(
  clock: Clock,
  signal: AbortSignal,
  prepare: (restart: (ms: number) => void, cancel: () => void) => Call<T>,
): Promise<T> {
  const own = new AbortController();
  return new Promise<T>((resolve, reject) => {
    let cancelTimer = () => {};
    const give = (failure: EngineFailure) => {
      reject(failure);
      own.abort(failure);
    };
    const restart = (ms: number) => {
      cancelTimer();
      cancelTimer = clock.setTimer(ms, () => give(timedOut(ms)));
    };
    const onAbort = () => give(new EngineFailure('EngineError', 'world', 'the call was given up'));
    const call = prepare(restart, () => cancelTimer());
    const ended = () => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    if (own.signal.aborted) return ended();
    call(own.signal).then(resolve, reject).finally(ended);
  });
}

const timedOut = (ms: number): EngineFailure =>
  new EngineFailure('EngineTimeout', 'world', `the engine did not answer within ${ms / 1000} s`);
