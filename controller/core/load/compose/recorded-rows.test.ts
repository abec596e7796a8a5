// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCompose } from './load-compose.ts';
import { renderConfig } from './render-config.ts';

/**
 * What Docker Compose 2.40.3 prints for a property in a certain form, or null where it refuses it:
 * recorded with `docker compose config --format json` in the folder /PROJ.
 */
type Row = readonly [written: string, printed: Readonly<Record<string, unknown>> | null];

const rows = (name: string): readonly Row[] =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, 'recorded-rows', `${name}.json`), 'utf8'),
  ) as readonly Row[];

const FILES: Readonly<Record<string, string>> = {
  '/PROJ/a.env': 'A=1\nB=two\n',
  '/PROJ/b.env': 'B=b\nC=${A}-${X}\n',
  '/PROJ/l.env': 'l1=v1\nl2="v 2"\n',
  '/PROJ/f': 'file',
};
const TOP = `networks: {net: {}, net2: {}}
volumes: {vol: {}}
configs: {cfg: {file: ./f}}
secrets: {sec: {file: ./f}}
models: {mod: {model: ai/x}}
`;

function print(text: string): Record<string, unknown> | undefined {
  const { model, extensions } = loadCompose({
    files: ['/PROJ/compose.yaml'],
    projectDirectory: '/PROJ',
    home: '/root',
    readFile(path) {
      const found = path === '/PROJ/compose.yaml' ? text : FILES[path];
      if (found === undefined) return { kind: 'missing' };
      return { kind: 'file', bytes: new TextEncoder().encode(found) };
    },
  });
  const printed = model && renderConfig(model, extensions ?? {});
  return printed === undefined ? undefined : (JSON.parse(printed) as Record<string, unknown>);
}

const fileOf = (service: string): string =>
  `services:\n  a:\n    image: img\n    ${service.replaceAll('\n', '\n    ')}\n` +
  `  b: {image: b}\n  web: {build: ./web}\n${TOP}`;

/** Without what every service has. */
function ownMembers(service: Record<string, unknown>): Record<string, unknown> {
  const { image: _, ...own } = service;
  if (own['command'] === null) delete own['command'];
  if (own['entrypoint'] === null) delete own['entrypoint'];
  if (JSON.stringify(own['networks']) === '{"default":null}') delete own['networks'];
  return own;
}

describe('a property of a service is printed, or refused, as Compose does', () => {
  test.each(rows('services'))('%s', (written, printed) => {
    const services = print(fileOf(written))?.['services'] as
      | Record<string, Record<string, unknown>>
      | undefined;
    expect(services ? ownMembers(services['a'] ?? {}) : null).toEqual(printed);
  });
});

describe('a file is printed, or refused, as Compose does', () => {
  test.each(rows('files'))('%s', (written, printed) => {
    expect(print(`${written}\n`) ?? null).toEqual(printed);
  });
});

/** Compose cannot read these again: capitals, a zero that it prints as nothing, a size below 0. */
const NOT_READ_AGAIN =
  /^blkio_config|^models|^ulimits.*: 0|count: 0|"=b"|^memswap_limit: -1|target: 0/;

describe('what is printed can be loaded again', () => {
  const known = rows('services').filter(
    ([written, printed]) => printed !== null && !NOT_READ_AGAIN.test(written),
  );

  test('and means the same, whatever properties stand together', () => {
    fc.assert(
      fc.property(
        fc.subarray(
          known.map((_, index) => index),
          { maxLength: 12 },
        ),
        (chosen) => {
          const byKey = new Map(
            chosen.flatMap((index) => {
              const written = known[index]?.[0] ?? '';
              return written.includes('\n') ? [] : [[written.split(':')[0], written] as const];
            }),
          );
          const first = print(fileOf([...byKey.values()].join('\n') || 'tty: true'));
          fc.pre(first !== undefined);
          expect(print(JSON.stringify(first))).toEqual(first);
        },
      ),
      { numRuns: 300 },
    );
  });
});
