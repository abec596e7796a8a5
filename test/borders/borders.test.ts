import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** File of a room -> imports that are refused there, and imports that are not. */
const CASES: Readonly<Record<string, { refused: readonly string[]; allowed: readonly string[] }>> =
  {
    'controller/core/plan/probe.ts': {
      refused: [
        ...['koa', 'yaml', 'pino', 'node:fs', 'node:crypto', '../../store/a.ts', '../../api/a.ts'],
        ...['../../reconcile/ports.ts', '../../../kit/clock.ts', '../../../proto/codec.ts'],
        ...['../../../agent/core/a.ts', '../../main.ts', '../../config.ts', '../../testing/a.ts'],
      ],
      allowed: [
        '../health/a.ts',
        '../gateway/a.ts',
        '../../../schemas/domain/index.ts',
        '../../../engine/a.ts',
      ],
    },
    'controller/core/load/probe.ts': {
      refused: ['node:fs/promises', 'ajv', '../../source/a.ts'],
      allowed: ['yaml', '../../../schemas/validate.ts', './compose/a.ts'],
    },
    'controller/reconcile/probe.ts': {
      refused: [
        'simple-git',
        '../source/source.ts',
        '../store/a.ts',
        '../fleet/a.ts',
        '../main.ts',
      ],
      allowed: ['../core/plan/a.ts', '../../engine/a.ts', '../../kit/clock.ts', './ports.ts'],
    },
    'controller/source/probe.ts': {
      refused: ['better-sqlite3', '../store/a.ts', '../core/load/load.ts', '../../proto/codec.ts'],
      allowed: ['simple-git', 'chokidar', 'node:fs', '../reconcile/ports.ts', '../../kit/clock.ts'],
    },
    'controller/fleet/probe.ts': {
      refused: [
        'koa',
        '../api/app.ts',
        '../vault/a.ts',
        '../../agent/session/a.ts',
        '../reconcile/queue.ts',
      ],
      allowed: ['@grpc/grpc-js', '../../proto/codec.ts', '../../proto/gen/skep/agent/v1/agent.ts'],
    },
    'controller/store/probe.ts': {
      refused: ['koa', '../api/app.ts', '../fleet/a.ts', '../../cli/a.ts'],
      allowed: ['better-sqlite3', '../api/ports.ts', '../reconcile/ports.ts'],
    },
    'controller/api/routes/probe.ts': {
      refused: [
        'better-sqlite3',
        '../../store/a.ts',
        '../../core/plan/a.ts',
        '../../reconcile/a.ts',
      ],
      allowed: ['koa', 'jsonwebtoken', '../../core/access/can.ts', '../ports.ts'],
    },
    'controller/vault/probe.ts': { refused: ['ajv', '../store/a.ts'], allowed: ['node:fs'] },
    'controller/main.ts': {
      refused: ['../agent/main.ts'],
      allowed: ['./store/a.ts', './api/a.ts'],
    },
    'controller/store/probe.test.ts': {
      refused: ['../../agent/core/a.ts'],
      allowed: ['vitest', '../testing/a.ts', '../fleet/a.ts'],
    },
    'agent/core/probe.ts': {
      refused: [
        'dockerode',
        'node:fs',
        '../docker/a.ts',
        '../../controller/core/a.ts',
        '../../kit/a.ts',
      ],
      allowed: ['../../schemas/domain/index.ts', '../../engine/a.ts'],
    },
    'agent/execute/probe.ts': {
      refused: [
        'dockerode',
        '@grpc/grpc-js',
        '../docker/a.ts',
        '../session/a.ts',
        '../../proto/codec.ts',
      ],
      allowed: ['../core/a.ts', '../session/ports.ts', '../../engine/a.ts', '../../kit/clock.ts'],
    },
    'agent/observe/probe.ts': { refused: ['../execute/a.ts'], allowed: ['../session/ports.ts'] },
    'agent/docker/probe.ts': {
      refused: ['@grpc/grpc-js', '../session/a.ts'],
      allowed: ['dockerode'],
    },
    'agent/session/probe.ts': {
      refused: ['dockerode', '../docker/a.ts', '../../controller/fleet/a.ts'],
      allowed: ['@grpc/grpc-js', '../../proto/codec.ts', '../../proto/gen/skep/agent/v1/agent.ts'],
    },
    'agent/main.ts': { refused: ['../controller/main.ts'], allowed: ['./docker/a.ts'] },
    'engine/probe.ts': {
      refused: [
        'dockerode',
        'node:crypto',
        '../kit/a.ts',
        '../controller/core/a.ts',
        '../agent/core/a.ts',
      ],
      allowed: ['../schemas/domain/index.ts', './a.ts'],
    },
    'schemas/domain/probe.ts': {
      refused: ['yaml', '../../engine/a.ts'],
      allowed: ['ajv', 'node:crypto'],
    },
    'kit/probe.ts': { refused: ['koa', '../controller/core/a.ts'], allowed: ['pino'] },
    'proto/probe.ts': { refused: ['koa', '../kit/a.ts'], allowed: ['../schemas/domain/index.ts'] },
    'cli/verbs/probe.ts': {
      refused: ['koa', 'better-sqlite3', '../../controller/store/a.ts', '../../agent/docker/a.ts'],
      allowed: [
        'commander',
        '../api/a.ts',
        '../../controller/core/load/load.ts',
        '../../controller/main.ts',
      ],
    },
  };

const words = (specifier: string): string => `import type * as x from '${specifier}';`;

describe('the borders between rooms', () => {
  let folder: string;
  let refusals: ReadonlySet<string>;

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'skep-borders-')));
    copyFileSync(join(ROOT, 'biome.borders.json'), join(folder, 'biome.borders.json'));
    const config = { extends: ['./biome.borders.json'], linter: { rules: { preset: 'none' } } };
    writeFileSync(join(folder, 'biome.json'), JSON.stringify(config));
    for (const [file, { refused, allowed }] of Object.entries(CASES)) {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(
        path,
        `${[...refused, ...allowed].map(words).join('\n')}\nexport type X = 1;\n`,
      );
    }
    refusals = lint(folder);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const [file, { refused, allowed }] of Object.entries(CASES)) {
    it(`refuse in ${file} what it must not import, and nothing else`, () => {
      const lines = [...refused, ...allowed];
      const found = lines.filter((_, index) => refusals.has(`${file}:${index + 1}`));
      expect(found).toEqual(refused);
    });
  }
});

/** `file:line` of every refused import. */
function lint(folder: string): ReadonlySet<string> {
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const args = ['lint', '--reporter=github', '--max-diagnostics=none', '.'];
  let output: string;
  try {
    output = execFileSync(biome, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  const places = output.matchAll(/noRestrictedImports,file=([^,]+),line=(\d+)/g);
  return new Set([...places].map(([, file = '', line]) => `${relative(folder, file)}:${line}`));
}
