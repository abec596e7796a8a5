import { describe, expect, it } from 'vitest';
import { classifyEngineError, type EngineCall } from './classify-engine-error.ts';

type Row = readonly [EngineCall, number, string, string];

/** Words of engines 20.10, 26.1 and 28.5, and of registries behind them. */
const ROWS: readonly Row[] = [
  ['create-container', 404, 'No such image: nope:1', 'ImageNotFound world'],
  [
    'create-container',
    409,
    'Conflict. The container name "/a" is already in use by container "b". You have to remove (or rename) that container to be able to reuse that name.',
    'NameTaken world',
  ],
  [
    'create-container',
    400,
    'invalid mount config for type "bind": bind source path does not exist: /none',
    'MountFailed world',
  ],
  ['create-container', 400, 'invalid volume specification: "a:b:c:d"', 'InvalidSpec spec'],
  ['create-container', 404, 'network shop_back not found', 'NetworkNotFound world'],
  ['create-container', 500, 'server error', 'EngineError world'],
  [
    'start-container',
    500,
    'driver failed programming external connectivity on endpoint a (1f): Bind for 0.0.0.0:80 failed: port is already allocated',
    'PortConflict world',
  ],
  [
    'start-container',
    500,
    'driver failed programming external connectivity on endpoint a (1f): Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use',
    'PortConflict world',
  ],
  [
    'start-container',
    500,
    'failed to set up container networking: driver failed programming external connectivity on endpoint a (1f): failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use',
    'PortConflict world',
  ],
  ['start-container', 404, 'network 1f not found', 'NetworkNotFound world'],
  [
    'start-container',
    404,
    'could not find a network matching network mode n: network n not found',
    'NetworkNotFound world',
  ],
  [
    'start-container',
    404,
    'failed to set up container networking: network 1f not found',
    'NetworkNotFound world',
  ],
  [
    'start-container',
    400,
    'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "/none": stat /none: no such file or directory: unknown',
    'StartFailed spec',
  ],
  [
    'start-container',
    400,
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/none": stat /none: no such file or directory: unknown',
    'StartFailed spec',
  ],
  [
    'start-container',
    400,
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting "/a" to rootfs at "/b": mount /a:/b, flags: 0x5000: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type',
    'MountFailed world',
  ],
  [
    'start-container',
    500,
    "error while creating mount source path '/a': mkdir /a: read-only file system",
    'MountFailed world',
  ],
  [
    'start-container',
    409,
    'cannot start a paused container, try unpause instead',
    'EngineError world',
  ],
  [
    'change',
    409,
    'Conflict. The container name "/a" is already in use by container "b".',
    'NameTaken world',
  ],
  ['change', 409, 'network with name a already exists', 'NameTaken world'],
  ['change', 400, 'Minimum memory limit allowed is 6MB', 'InvalidSpec spec'],
  ['change', 404, 'get a: no such volume', 'VolumeNotFound world'],
  [
    'change',
    403,
    'error while removing network: network a id 1f has active endpoints',
    'EngineError world',
  ],
  ['change', 404, 'No such container: a', 'EngineError world'],
  [
    'pull-image',
    500,
    'manifest for a:1 not found: manifest unknown: manifest unknown',
    'ImageNotFound world',
  ],
  [
    'pull-image',
    404,
    "pull access denied for a, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    'PullDenied world',
  ],
  ['pull-image', 500, 'unauthorized: authentication required', 'PullDenied world'],
  [
    'pull-image',
    500,
    'Get "https://registry.example/v2/": dial tcp: lookup registry.example on 10.0.0.1:53: no such host',
    'ImageNotFound world',
  ],
  [
    'pull-image',
    500,
    'Get "https://registry.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
    'PullFailed world',
  ],
  [
    'pull-image',
    500,
    'Get "https://registry.example/v2/": net/http: TLS handshake timeout',
    'PullFailed world',
  ],
  [
    'pull-image',
    500,
    'toomanyrequests: You have reached your pull rate limit.',
    'PullFailed world',
  ],
  ['pull-image', 500, 'write /var/lib/docker/tmp/x: no space left on device', 'PullFailed world'],
  ['pull-image', 400, 'invalid reference format', 'InvalidSpec spec'],
];

describe('an answer of the engine', () => {
  it.each(ROWS)('to %s with %d %j is %s', (call, status, message, expected) => {
    const failure = classifyEngineError(call, { status, message });
    expect(`${failure.code} ${failure.fault}`).toBe(expected);
    expect(failure).toMatchObject({ status, message, uncertain: status >= 500 });
  });

  it('that never came is uncertain', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    const reset = classifyEngineError('change', { status: undefined, message: 'reset', cause });
    expect(reset).toMatchObject({ code: 'EngineError', fault: 'world', uncertain: true });
  });

  it('from nobody says that the engine cannot be reached', () => {
    const cause = Object.assign(new Error('x'), { code: 'ENOENT' });
    const nobody = classifyEngineError('read', { status: undefined, message: 'x', cause });
    expect(nobody.code).toBe('EngineUnreachable');
  });
});
