import { describe, expect, it } from 'vitest';
import { asWritten } from './as-written.ts';
import type { FileRead } from './files.ts';
import { loadCompose } from './load-compose.ts';

const TEXT = `services:
  web:
    image: a
    ports:
      - "80:80/udp"
      - target: 1
        published: 2
        mode: host
      - {target: 3, protocol: udp}
      - {target: 4}
  plain:
    image: a
    volumes:
      - "data:/data//x/"
      - {type: volume, source: data, target: /other/}
volumes: {data: {}}
`;

describe('ports as they were written', () => {
  it('have no more than a long form says, and all of a short one', () => {
    const bytes = new TextEncoder().encode(TEXT);
    const readFile = (name: string): FileRead =>
      name === 'compose.yaml' ? { kind: 'file', bytes } : { kind: 'missing' };
    const loaded = loadCompose({ files: ['compose.yaml'], readFile, projectDirectory: '/shop' });
    if (!loaded.model || !loaded.tree) throw new Error('not loaded');
    const { services } = asWritten(loaded.model, loaded.tree);
    expect(services['web']?.ports).toEqual([
      { target: 80, published: '80', protocol: 'udp', mode: 'ingress' },
      { target: 1, published: '2', protocol: '', mode: 'host' },
      { target: 3, protocol: 'udp', mode: '' },
      { target: 4, protocol: '', mode: '' },
    ]);
    expect(services['plain']?.ports).toBeUndefined();
  });
});

describe('mounts as they were written', () => {
  it('have the target as it stands there', () => {
    const bytes = new TextEncoder().encode(TEXT);
    const readFile = (name: string): FileRead =>
      name === 'compose.yaml' ? { kind: 'file', bytes } : { kind: 'missing' };
    const loaded = loadCompose({ files: ['compose.yaml'], readFile, projectDirectory: '/shop' });
    if (!loaded.model || !loaded.tree) throw new Error('not loaded');
    const targets = (model: typeof loaded.model) =>
      model?.services['plain']?.volumes?.map(({ target }) => target);
    expect(targets(loaded.model)).toEqual(['/data/x', '/other']);
    expect(targets(asWritten(loaded.model, loaded.tree))).toEqual(['/data//x/', '/other/']);
  });
});
