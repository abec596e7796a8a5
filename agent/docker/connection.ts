import { Agent } from 'node:http';
import type Docker from 'dockerode';
import { Failure } from '../../schemas/domain/index.ts';
import { opaque } from './request.ts';

/**
 * Where DOCKER_HOST points. Nothing else of the environment is read.
 * @throws Failure BadDockerHost for anything but `unix:///path` and `tcp://host:port`.
 */
export function connectionOptions(dockerHost: string): Docker.DockerOptions {
  // A pool of its own: connections are kept over calls and end with the engine's.
  const pool = { agent: opaque(new Agent({ keepAlive: true })) };
  const path = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  // `host` must be unset in words: the modem fills what is missing from the environment.
  const noHost = undefined as unknown as string;
  if (path) return { ...pool, socketPath: path, host: noHost, protocol: 'http' };
  const tcp = /^(?:tcp|http):\/\/([^/:]+|\[[0-9a-fA-F:]+\]):(\d+)\/?$/.exec(dockerHost);
  if (tcp) return { ...pool, host: tcp[1] as string, port: Number(tcp[2]), protocol: 'http' };
  const message = `DOCKER_HOST is ${JSON.stringify(dockerHost)}; unix:///path or tcp://host:port is understood`;
  throw new Failure('BadDockerHost', message, { retry: 'never' });
}
