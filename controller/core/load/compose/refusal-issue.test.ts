import { describe, expect, it } from 'vitest';
import type { FileRead } from './files.ts';
import { loadCompose } from './load-compose.ts';
import { refusalIssue } from './refusal-issue.ts';

const TEXT = `name: shop
services:
  web:
    image: a
    command:
      - serve
      - quickly
`;

function issueAt(...path: readonly string[]) {
  const bytes = new TextEncoder().encode(TEXT);
  const readFile = (name: string): FileRead =>
    name === 'compose.yaml' ? { kind: 'file', bytes } : { kind: 'missing' };
  const { tree } = loadCompose({ files: ['compose.yaml'], readFile, projectDirectory: '/shop' });
  if (!tree) throw new Error('no tree');
  const {
    file,
    line,
    column,
    path: shown,
  } = refusalIssue(tree, { path, message: 'no' }, 'E_TARGET');
  return `${file}:${line}:${column} ${shown}`;
}

describe('a refusal', () => {
  it('is placed at the key or item that it names', () => {
    expect(issueAt('services', 'web', 'image')).toBe('compose.yaml:4:5 services.web.image');
    expect(issueAt('services', 'web', 'command', '1')).toBe(
      'compose.yaml:7:9 services.web.command[1]',
    );
  });

  it('is placed as near as the file goes', () => {
    expect(issueAt('services', 'web', 'build', 'x')).toBe('compose.yaml:3:3 services.web.build.x');
  });
});
