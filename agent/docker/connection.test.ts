import { describe, expect, it } from 'vitest';
import { connectionOptions } from './connection.ts';

describe('DOCKER_HOST', () => {
  it('is a socket or a port', () => {
    expect(connectionOptions('unix:///run/docker.sock')).toMatchObject({
      socketPath: '/run/docker.sock',
      host: undefined,
    });
    expect(connectionOptions('tcp://10.0.0.5:2375')).toMatchObject({
      host: '10.0.0.5',
      port: 2375,
    });
    expect(connectionOptions('tcp://[::1]:2375')).toMatchObject({ host: '[::1]', port: 2375 });
  });

  it.each(['', '/run/docker.sock', 'ssh://host', 'unix://', 'tcp://host', 'tcp://host:1/x'])(
    'is not %j',
    (text) => {
      expect(() => connectionOptions(text)).toThrow('unix:///path or tcp://host:port');
    },
  );
});
