import { describe, expect, it } from 'vitest';
import { sha256 } from '../schemas/domain/index.ts';
import { mountedFiles } from './mounted-files.ts';

const file = (text: string) => ({ sha256: sha256(text), size: text.length, executable: false });

describe('a mounted file', () => {
  it('is called by its path, its config or its secret', () => {
    const model = {
      name: 'shop',
      services: {
        web: {
          image: 'a',
          volumes: [{ type: 'bind' as const, source: 'repo:/web/nginx.conf', target: '/a' }],
          configs: [{ source: 'settings', target: '/b' }],
          secrets: [{ source: 'token', target: '/c' }],
        },
      },
      networks: {},
      volumes: {},
      configs: { settings: { content: 'x' } },
      secrets: { token: {} },
    };
    const files = new Map([
      ['repo:/web/nginx.conf', file('1')],
      ['config:settings', file('2')],
      ['secret:token', file('3')],
    ]);
    const mounted = mountedFiles({ model, service: 'web', files });
    expect(mounted.map(({ target, label }) => `${target} ${label}`)).toEqual([
      '/a web/nginx.conf',
      '/b config settings',
      '/c secret token',
    ]);
  });
});
