import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REASONS } from '../../schemas/domain/index.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('the documentation', () => {
  it.each(pages)('has no link in %s that leads nowhere', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
      ([, link]) => link ?? '',
    );
    const dead = links.filter((link) => !existsSync(resolve(ROOT, dirname(page), link)));
    expect(dead).toEqual([]);
  });

  it('explains every reason', () => {
    const explained = [...read('docs/reasons.md').matchAll(/^\| `(\w+)`/gm)].map(
      ([, name]) => name,
    );
    expect(explained).toEqual([...REASONS]);
  });

  it('lists every make target of the Makefile in its help', () => {
    const targets = /^\.PHONY: (.*)$/m.exec(read('Makefile'))?.[1]?.split(' ') ?? [];
    const helped = [...read('Makefile').matchAll(/^([a-z-]+):.*## /gm)].map(([, name]) => name);
    expect(new Set(helped)).toEqual(new Set(targets));
  });
});
