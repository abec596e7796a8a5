import { describe, expect, it } from 'vitest';
import { taggedImage } from './image-reference.ts';

const HEX = '0123456789'.repeat(7).slice(0, 64);

/** As `docker stack deploy` 28.2 was seen to send them. */
describe('an image reference', () => {
  it.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1.2', 'nginx:1.2'],
    ['index.docker.io/library/nginx', 'nginx:latest'],
    ['docker.io/prom/node:v1', 'prom/node:v1'],
    ['library/nginx', 'nginx:latest'],
    ['localhost/x', 'localhost/x:latest'],
    ['registry:5000/alpine:frozen', 'registry:5000/alpine:frozen'],
    ['ghcr.io/a/b__c-d', 'ghcr.io/a/b__c-d:latest'],
    [`nginx:1.2@sha256:${HEX}`, `nginx:1.2@sha256:${HEX}`],
    [`docker.io/nginx@sha256:${HEX}`, `nginx@sha256:${HEX}`],
    [HEX, HEX],
  ])('written %s is sent as %s', (written, sent) => {
    expect(taggedImage(written)).toBe(sent);
  });

  it.each(['NGINX', 'a b', 'a:', 'a@sha256:1', '', 'a//b', `a@sha256:${HEX}@x`])(
    'is not %j',
    (written) => {
      expect(taggedImage(written)).toBeUndefined();
    },
  );
});
