import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isError } from '../../../../schemas/domain/index.ts';
import { loadCompose } from './load-compose.ts';
import { renderConfig } from './render-config.ts';

/** A folder of real Compose files and what Compose makes of them; not part of this repository. */
const CORPUS = process.env['SKEP_COMPOSE_CORPUS'] ?? '';

describe('the corpus', () => {
  const goldens = readdirSync(join(CORPUS, 'golden'), { recursive: true, encoding: 'utf8' });

  test.each(goldens.filter((path) => path.endsWith('.compose.json')))('%s', (golden) => {
    const input = join(CORPUS, 'inputs', golden.replace('.compose.json', ''));
    const folder = join(input, '..');
    const { model, issues } = loadCompose({
      files: [input],
      projectDirectory: folder,
      projectName: 'proj',
      home: '/root',
      readFile(path) {
        try {
          return { kind: 'file', bytes: readFileSync(path) };
        } catch {
          return { kind: 'missing' };
        }
      },
    });
    expect(issues.filter(isError)).toEqual([]);
    if (!model) return;
    const expected = readFileSync(join(CORPUS, 'golden', golden), 'utf8').replaceAll(
      '/ROOT/',
      `${join(CORPUS, 'inputs')}/`,
    );
    const printed = renderConfig(model, {}).replaceAll(folder, '/PROJECT');
    expect(JSON.parse(printed)).toEqual(
      withoutExtensions(JSON.parse(expected.replaceAll(folder, '/PROJECT')) as object),
    );
  });

  const withoutExtensions = (value: object) =>
    Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')));
});
