import { describe, expect, it } from 'vitest';
import type { FileRead } from './files.ts';
import { loadCompose } from './load-compose.ts';
import { withWrittenPorts } from './written-ports.ts';

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
`;

describe('ports as they were written', () => {
  it('have no more than a long form says, and all of a short one', () => {
    const bytes = new TextEncoder().encode(TEXT);
    const readFile = (name: string): FileRead =>
      name === 'compose.yaml' ? { kind: 'file', bytes } : { kind: 'missing' };
    const loaded = loadCompose({ files: ['compose.yaml'], readFile, projectDirectory: '/shop' });
    if (!loaded.model || !loaded.tree) throw new Error('not loaded');
    const { services } = withWrittenPorts(loaded.model, loaded.tree);
    expect(services['web']?.ports).toEqual([
      { target: 80, published: '80', protocol: 'udp', mode: 'ingress' },
      { target: 1, published: '2', protocol: '', mode: 'host' },
      { target: 3, protocol: 'udp', mode: '' },
      { target: 4, protocol: '', mode: '' },
    ]);
    expect(services['plain']).toEqual(loaded.model.services['plain']);
  });
});
