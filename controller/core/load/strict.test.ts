// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { describe, expect, it, test } from 'vitest';
import { loadCompose } from './compose/load-compose.ts';
import { strictIssues } from './strict.ts';

function issuesOf(service: string, strict: boolean): readonly string[] {
  const text = `services:\n  a:\n    image: img\n    ${service}\nvolumes: {vol: {}}\n`;
  const { issues } = loadCompose({
    files: ['/p/compose.yaml'],
    projectDirectory: '/p',
    strict,
    readFile: (path) =>
      path === '/p/compose.yaml'
        ? { kind: 'file', bytes: new TextEncoder().encode(text) }
        : { kind: 'missing' },
  });
  return issues.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

describe('text that becomes nothing is a warning, and an error where the author is strict', () => {
  test.each([
    ['hostname: "${UNSET}"', '4:15 W_VARIABLE_UNSET', '4:15 E_INTERPOLATION'],
    ['command: a && b', '4:14 W_COMMAND_CUT', '4:14 E_COMMAND_CUT'],
    ['entrypoint: a; b', '4:17 W_COMMAND_CUT', '4:17 E_COMMAND_CUT'],
    ['volumes: ["vol:/x:rwz"]', '4:15 W_OPTION_IGNORED', '4:15 E_COMPOSE_VALUE'],
  ])('%s', (service, warning, error) => {
    expect(issuesOf(service, false)).toEqual([warning]);
    expect(issuesOf(service, true)).toEqual([error]);
  });

  it('and nothing changes for what loses no text', () => {
    expect(issuesOf('hostname: "${UNSET:-}"', true)).toEqual([]);
    expect(issuesOf('command: ["sh", "-c", "a && b"]', true)).toEqual([]);
    expect(issuesOf('environment: {V: 1.10}', true)).toEqual(['4:22 W_SCALAR_CHANGED']);
  });

  it('names every place of a variable that is not set', () => {
    expect(issuesOf('labels: ["a=$X", "b=$X"]', false)).toEqual(['4:14 W_VARIABLE_UNSET']);
    expect(issuesOf('labels: ["a=$X", "b=$X"]', true)).toEqual([
      '4:14 E_INTERPOLATION',
      '4:22 E_INTERPOLATION',
    ]);
  });
});

describe('issues as a strict author has them', () => {
  it('have those warnings as errors, and the others as they were', () => {
    const issue = { file: 'a', line: 1, column: 1, path: '', message: 'm' } as const;
    const found = [
      { ...issue, severity: 'warning', code: 'W_COMMAND_CUT' },
      { ...issue, severity: 'warning', code: 'W_COMPOSE_VERSION' },
    ] as const;
    expect(strictIssues(found)).toEqual([
      { ...issue, severity: 'error', code: 'E_COMMAND_CUT' },
      found[1],
    ]);
  });
});
