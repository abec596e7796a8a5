/**
 * Writes biome.borders.json: who may import what (docs/design, section 2), as lint rules.
 * Run by `make generate`; the table below is the source.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Room {
  readonly folder: string;
  /** npm packages; each has one room, gRPC and x509 two. */
  readonly packages: readonly string[];
  /** Folder names that no import path of this room may lead through. */
  readonly closed: readonly string[];
  /** Exceptions to `closed`. */
  readonly open?: readonly string[];
  readonly pure?: boolean;
  readonly because: string;
}

const CONTROLLER_IO = [
  ...['source', 'fleet', 'store', 'vault', 'secrets', 'certificates', 'githost'],
  ...['notify', 'cache', 'metrics', 'api'],
];
const AGENT_IO = ['session', 'observe', 'execute', 'docker', 'gateway'];
const NO_PRODUCT = ['cli', 'web', 'test', 'testing', 'bench', 'scripts'];
const PROGRAMS = ['controller', 'agent', 'cli', 'web', 'test', 'bench', 'scripts'];
const GRPC = ['@grpc/grpc-js', '@peculiar/x509', 'reflect-metadata'];
/** Generated code lies in a folder named agent. */
const WIRE = '**/proto/gen/**';

const core = (folder: string, packages: readonly string[]): Room => ({
  folder,
  packages,
  closed: ['agent', 'kit', 'proto', 'reconcile', ...CONTROLLER_IO, ...NO_PRODUCT],
  pure: true,
  because: 'core is pure: it imports schemas and engine alone',
});

const controllerIo = (name: string, packages: readonly string[], open: readonly string[]): Room => {
  const others = CONTROLLER_IO.filter((other) => other !== name);
  const proto = open.includes(WIRE) ? [] : ['proto'];
  return {
    folder: `controller/${name}`,
    packages,
    closed: ['agent', 'core', 'reconcile', ...proto, ...others, ...NO_PRODUCT],
    open: [...['reconcile', ...others].map((other) => `**/${other}/ports.ts`), ...open],
    because: 'IO rooms import schemas, engine, kit and ports, never each other; main.ts joins them',
  };
};

const agentIo = (name: string, packages: readonly string[], open: readonly string[]): Room => {
  const others = AGENT_IO.filter((other) => other !== name);
  const proto = open.includes(WIRE) ? [] : ['proto'];
  return {
    folder: `agent/${name}`,
    packages,
    closed: ['controller', ...proto, ...others, ...NO_PRODUCT],
    open: [...others.map((other) => `**/${other}/ports.ts`), ...open],
    because:
      'rooms import core, schemas, engine, kit and ports, never each other; main.ts joins them',
  };
};

const ROOMS: readonly Room[] = [
  core('controller/core', []),
  core('controller/core/load', ['yaml']),
  {
    folder: 'controller/reconcile',
    packages: [],
    closed: ['agent', 'proto', ...CONTROLLER_IO, ...NO_PRODUCT],
    because:
      'reconcile imports core, engine, schemas, kit and its own ports; main.ts gives adapters',
  },
  controllerIo('source', ['simple-git', 'chokidar'], []),
  controllerIo('fleet', GRPC, [WIRE]),
  controllerIo('store', ['better-sqlite3'], []),
  controllerIo('vault', [], []),
  controllerIo('secrets', ['age-encryption'], []),
  // can() is pure, and there is one of it.
  controllerIo('api', ['koa', '@koa/router', 'jsonwebtoken'], ['**/core/access/*.ts']),
  {
    folder: 'agent/core',
    packages: [],
    closed: ['controller', 'kit', 'proto', ...AGENT_IO, ...NO_PRODUCT],
    pure: true,
    because: 'core is pure: it imports schemas and engine alone',
  },
  agentIo('session', GRPC, [WIRE]),
  agentIo('observe', [], []),
  agentIo('execute', [], []),
  agentIo('docker', ['dockerode'], []),
  agentIo('gateway', [], []),
  {
    folder: 'engine',
    packages: [],
    closed: [...PROGRAMS, 'kit', 'proto'],
    pure: true,
    because: 'engine is pure: it imports schemas alone',
  },
  {
    folder: 'schemas',
    packages: ['ajv'],
    closed: [...PROGRAMS, 'engine', 'kit', 'proto'],
    because: 'schemas imports nothing of ours',
  },
  {
    folder: 'kit',
    packages: ['pino'],
    closed: [...PROGRAMS, 'engine', 'proto'],
    because: 'kit knows no domain nouns',
  },
  {
    folder: 'proto',
    packages: ['@bufbuild/protobuf', '@bufbuild/protobuf/**', '@grpc/grpc-js'],
    closed: [...PROGRAMS, 'engine', 'kit'],
    open: ['**/gen/**'],
    because: 'proto imports schemas alone',
  },
  {
    folder: 'cli',
    packages: ['commander'],
    closed: ['reconcile', ...CONTROLLER_IO, ...AGENT_IO, 'proto', 'test', 'bench', 'scripts'],
    open: [
      ...['../api/**', './api/**', '**/controller/api/password.ts', '**/controller/secrets/age.ts'],
      '**/agent/execute/pause-file.ts',
    ],
    because:
      'the CLI works offline with core/load and engine, asks the API for the rest, and starts main.ts',
  },
];

/** Where rooms are joined, nothing but the two programs stays apart. */
const APART = [
  { program: 'controller', other: 'agent' },
  { program: 'agent', other: 'controller' },
];
const PURE_PATHS = {
  'node:path': { allowImportNames: ['posix'], message: 'Pure rooms have posix paths alone.' },
  'node:net': { allowImportNames: ['isIP', 'isIPv4', 'isIPv6'], message: 'Pure rooms do no IO.' },
};

function packagePattern({ folder, packages, pure }: Room) {
  const node = pure ? ['node:path', 'node:path/posix', 'node:net'] : ['node:*', 'node:*/**'];
  const allowed = [...packages, ...node].map((name) => `!${name}`);
  const names = packages.join(', ') || 'none';
  return {
    group: ['**', '!./**', '!../**', ...allowed],
    message: `npm packages of ${folder}: ${names}.`,
  };
}

function roomPattern({ closed, open = [], folder, because }: Room) {
  const isProgram = ['cli', 'schemas', 'kit', 'proto', 'engine'].includes(folder);
  const joints = isProgram ? [] : ['**/main.ts', '**/config.ts'];
  return {
    group: [...closed.map((name) => `**/${name}/**`), ...joints, ...open.map((glob) => `!${glob}`)],
    message: `${because[0]?.toUpperCase()}${because.slice(1)}.`,
  };
}

const rule = (includes: readonly string[], options: object) => ({
  includes,
  linter: { rules: { style: { noRestrictedImports: { level: 'error', options } } } },
});

const overrides = [
  ...ROOMS.map((room) =>
    rule([`${room.folder}/**`, '!**/*.test.ts'], {
      ...(room.pure && { paths: PURE_PATHS }),
      patterns: [packagePattern(room), roomPattern(room)],
    }),
  ),
  ...APART.map(({ program, other }) =>
    rule([`${program}/**/*.test.ts`, `${program}/testing/**`, `${program}/*.ts`], {
      patterns: [
        {
          group: [`**/${other}/**`, `!${WIRE}`],
          message: 'Controller and agent never import each other.',
        },
      ],
    }),
  ),
];

const target = join(import.meta.dirname, '..', 'biome.borders.json');
const lines = overrides.map((override) => `    ${JSON.stringify(override)}`);
writeFileSync(target, `{\n  "overrides": [\n${lines.join(',\n')}\n  ]\n}\n`);
