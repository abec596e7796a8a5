// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileRead } from './files.ts';
import { type ComposeInput, loadCompose, plainProjectName } from './load-compose.ts';
import { renderConfig } from './render-config.ts';

type Files = Readonly<Record<string, string>>;

const reader =
  (files: Files) =>
  (path: string): FileRead => {
    const text = files[path];
    return text === undefined
      ? { kind: 'missing' }
      : { kind: 'file', bytes: new TextEncoder().encode(text) };
  };

function load(files: Files, options: Partial<ComposeInput> = {}) {
  return loadCompose({
    files: ['/p/compose.yaml'],
    readFile: reader(files),
    projectDirectory: '/p',
    rules: 'app',
    ...options,
  });
}

const compose = (text: string, options?: Partial<ComposeInput>) =>
  load({ '/p/compose.yaml': text }, options);

/** A service `a` with these keys, and a service `b`, with one of each object. */
const service = (keys: string) =>
  compose(
    `services:\n  a:\n    image: img\n${keys.replace(/^/gm, '    ')}\n  b: {image: b}\n` +
      'networks: {net: {}}\nvolumes: {vol: {}}\nconfigs: {cfg: {content: x}}\nsecrets: {sec: {file: ./f}}\n',
  );

const shown = (result: ReturnType<typeof load>): string[] =>
  result.issues.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`);

describe('recorded outputs of Compose 2.40.3', () => {
  const folder = join(import.meta.dirname, 'recorded');

  test.each(readdirSync(folder))('%s', (name) => {
    const path = (file: string) => join(folder, name, file);
    const names = readdirSync(join(folder, name));
    const texts: Record<string, string> = {};
    for (const file of names) texts[`/PROJECT/${file}`] = readFileSync(path(file), 'utf8');
    const files = ['compose.yaml', 'override.yaml'].filter((file) => names.includes(file));
    const { model, issues } = load(texts, {
      files: files.map((file) => `/PROJECT/${file}`),
      projectDirectory: '/PROJECT',
      projectName: 'recorded',
    });
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    const expected = JSON.parse(readFileSync(path('expected.json'), 'utf8')) as object;
    const extensions = Object.entries(expected).filter(([key]) => key.startsWith('x-'));
    const printed = model && renderConfig(model, Object.fromEntries(extensions));
    expect(JSON.parse(printed ?? '')).toEqual(expected);
  });
});

describe('faults of a service, each at its place', () => {
  test.each([
    ['imag: x', ['4:5 E_FIELD_UNKNOWN services.a.imag']],
    ['Image: x', ['4:5 E_FIELD_UNKNOWN services.a.Image']],
    ['build: .', ['4:5 W_COMPOSE_IGNORED services.a.build']],
    ['provider: {type: x}', ['4:5 E_COMPOSE_UNSUPPORTED services.a.provider']],
    ['user: 1000', ['4:11 E_TYPE services.a.user']],
    ['hostname: [a]', ['4:15 E_TYPE services.a.hostname']],
    ['init: maybe', ['4:11 E_TYPE services.a.init']],
    ['restart: never', ['4:14 E_COMPOSE_VALUE services.a.restart']],
    ['restart: false', ['4:14 E_TYPE services.a.restart']],
    ['container_name: "-x"', ['4:21 E_COMPOSE_VALUE services.a.container_name']],
    ['command: "a \'b"', ['4:14 E_COMPOSE_VALUE services.a.command']],
    ['command: a && b', ['4:14 W_COMMAND_CUT services.a.command']],
    ['command: {a: b}', ['4:14 E_TYPE services.a.command']],
    ['command: [a, 1]', ['4:18 E_TYPE services.a.command[1]']],
    ['environment: {A: [1]}', ['4:22 E_TYPE services.a.environment.A']],
    ['environment: [__proto__=1]', ['4:19 E_YAML_KEY services.a.environment[0]']],
    ['environment: ["=1"]', ['4:19 E_COMPOSE_VALUE services.a.environment']],
    ['environment: ["A =1"]', ['4:19 E_COMPOSE_VALUE services.a.environment[0]']],
    ['environment: {V: 1.10}', ['4:22 W_SCALAR_CHANGED services.a.environment.V']],
    ['labels: {D: 2001-12-14}', ['4:17 E_TYPE services.a.labels.D']],
    ['environment: text', ['4:18 E_TYPE services.a.environment']],
    ['ports: ["80:80/x"]', ['4:13 E_COMPOSE_VALUE services.a.ports[0]']],
    ['ports: ["1-65535"]', ['4:13 P_LIMITS services.a.ports']],
    ['ports: ["80-82:80-81"]', ['4:13 E_COMPOSE_VALUE services.a.ports[0]']],
    ['ports: ["x:80:80"]', ['4:13 E_COMPOSE_VALUE services.a.ports[0]']],
    ['ports: ["70000:80"]', ['4:13 E_COMPOSE_VALUE services.a.ports[0]']],
    ['ports: ["80:70000"]', ['4:13 E_COMPOSE_VALUE services.a.ports[0]']],
    ['ports: [{published: 80}]', ['4:13 E_FIELD_MISSING services.a.ports[0]']],
    ['ports: [{target: 80, published: x}]', ['4:37 E_COMPOSE_VALUE services.a.ports[0].published']],
    ['ports: [{target: 80, published: [1]}]', ['4:37 E_TYPE services.a.ports[0].published']],
    ['ports: [{target: 80, host_ip: x}]', ['4:35 E_COMPOSE_VALUE services.a.ports[0].host_ip']],
    ['ports: [{target: 0}]', ['4:13 E_COMPOSE_VALUE services.a.ports[0]']],
    ['ports: [{target: a}]', ['4:22 E_TYPE services.a.ports[0].target']],
    ['ports: [true]', ['4:13 E_TYPE services.a.ports[0]']],
    ['ports: 80', ['4:12 E_TYPE services.a.ports']],
    ['expose: [x]', ['4:14 E_COMPOSE_VALUE services.a.expose[0]']],
    ['expose: [[1]]', ['4:14 E_TYPE services.a.expose[0]']],
    ['volumes: ["vol:rel"]', ['4:15 E_COMPOSE_VALUE services.a.volumes[0]']],
    ['volumes: ["aa:/b:cc:d"]', ['4:15 E_COMPOSE_VALUE services.a.volumes[0]']],
    ['volumes: ["vol:/x:rwz"]', ['4:15 W_OPTION_IGNORED services.a.volumes[0]']],
    ['volumes: [5]', ['4:15 E_TYPE services.a.volumes[0]']],
    ['volumes: vol', ['4:14 E_TYPE services.a.volumes']],
    ['volumes: [nope:/x]', ['4:15 E_REFERENCE_UNKNOWN services.a.volumes[0]']],
    ['volumes: [{type: bind, target: /x}]', ['4:15 E_COMPOSE_VALUE services.a.volumes[0]']],
    ['volumes: [{type: volume, source: vol}]', ['4:15 E_FIELD_MISSING services.a.volumes[0]']],
    [
      'volumes: [{type: tmpfs, source: a, target: /x}]',
      ['4:15 E_COMPOSE_VALUE services.a.volumes[0]'],
    ],
    [
      'volumes: [{type: tmpfs, target: /x, bind: {}}]',
      ['4:15 E_COMPOSE_VALUE services.a.volumes[0]'],
    ],
    ['volumes: [{type: npipe, target: /x}]', ['4:15 E_COMPOSE_UNSUPPORTED services.a.volumes[0]']],
    ['volumes: [{type: nope, target: /x}]', ['4:22 E_COMPOSE_VALUE services.a.volumes[0].type']],
    ['volumes: [{target: /x}]', ['4:15 E_FIELD_MISSING services.a.volumes[0]']],
    ['networks: [nope]', ['4:16 E_REFERENCE_UNKNOWN services.a.networks.nope']],
    ['networks: [net, net]', ['4:21 E_COMPOSE_VALUE services.a.networks[1]']],
    [
      'networks: {net: {ipv4_address: x}}',
      ['4:36 E_COMPOSE_VALUE services.a.networks.net.ipv4_address'],
    ],
    ['networks: {net: {priority: x}}', ['4:32 E_TYPE services.a.networks.net.priority']],
    ['networks: net', ['4:15 E_TYPE services.a.networks']],
    ['depends_on: [nope]', ['4:18 E_DEPENDENCY_UNKNOWN services.a.depends_on.nope']],
    ['depends_on: {b: }', ['4:21 E_TYPE services.a.depends_on.b']],
    ['depends_on: {b: {condition: x}}', ['4:33 E_COMPOSE_VALUE services.a.depends_on.b.condition']],
    ['depends_on: {b: {}}', ['4:21 E_FIELD_MISSING services.a.depends_on.b']],
    ['depends_on: [constructor]', ['4:18 E_YAML_KEY services.a.depends_on[0]']],
    ['healthcheck: {test: [curl, x]}', ['4:25 E_COMPOSE_VALUE services.a.healthcheck.test']],
    ['healthcheck: {test: 5}', ['4:25 E_TYPE services.a.healthcheck.test']],
    ['healthcheck: {interval: soon}', ['4:29 E_COMPOSE_VALUE services.a.healthcheck.interval']],
    ['healthcheck: {interval: 10}', ['4:29 E_TYPE services.a.healthcheck.interval']],
    ['healthcheck: {retries: x}', ['4:28 E_TYPE services.a.healthcheck.retries']],
    ['healthcheck: {retries: -1}', ['4:28 E_COMPOSE_VALUE services.a.healthcheck.retries']],
    ['extra_hosts: [a]', ['4:19 E_COMPOSE_VALUE services.a.extra_hosts[0]']],
    ['extra_hosts: {a: x}', ['4:22 E_COMPOSE_VALUE services.a.extra_hosts[0]']],
    ['extra_hosts: x', ['4:18 E_TYPE services.a.extra_hosts']],
    ['configs: [nope]', ['4:15 E_REFERENCE_UNKNOWN services.a.configs[0]']],
    ['configs: [{target: /x}]', ['4:15 E_REFERENCE_UNKNOWN services.a.configs[0]']],
    ['configs: [{source: cfg, mode: 9x}]', ['4:35 E_COMPOSE_VALUE services.a.configs[0].mode']],
    ['configs: [{source: cfg, mode: 400}]', ['4:35 W_SCALAR_CHANGED services.a.configs[0].mode']],
    ['secrets: [nope]', ['4:15 E_REFERENCE_UNKNOWN services.a.secrets[0]']],
    ['secrets: sec', ['4:14 E_TYPE services.a.secrets']],
    ['deploy: {mode: global}', ['4:14 W_COMPOSE_IGNORED services.a.deploy.mode']],
    [
      'deploy: {resources: {limits: {cpus: x}}}',
      ['4:41 E_TYPE services.a.deploy.resources.limits.cpus'],
    ],
    [
      'deploy: {resources: {limits: {memory: x}}}',
      ['4:43 E_COMPOSE_VALUE services.a.deploy.resources.limits.memory'],
    ],
    [
      'deploy: {resources: {limits: {memory: [1]}}}',
      ['4:43 E_TYPE services.a.deploy.resources.limits.memory'],
    ],
    [
      'deploy: {update_config: {order: x}}',
      ['4:37 E_COMPOSE_VALUE services.a.deploy.update_config.order'],
    ],
    ['deploy: 5', ['4:13 E_TYPE services.a.deploy']],
    ['env_file: nope.env', ['4:15 E_FILE_MISSING services.a.env_file[0]']],
    ['env_file: [{path: nope.env}]', ['4:23 E_FILE_MISSING services.a.env_file[0]']],
    ['env_file: [{required: false}]', ['4:16 E_FIELD_MISSING services.a.env_file[0]']],
    ['x-skep: {shared: 5}', ['4:22 E_TYPE services.a.x-skep.shared']],
    ['x-skep: {onChange: sometimes}', ['4:24 E_COMPOSE_VALUE services.a.x-skep.onChange']],
    ['x-skep: {onChange: [a]}', ['4:24 E_TYPE services.a.x-skep.onChange']],
    ['x-skep: {onChange: {}}', ['4:24 E_COMPOSE_VALUE services.a.x-skep.onChange']],
    [
      'x-skep: {onChange: {signal: SIGKILL}}',
      ['4:33 E_COMPOSE_VALUE services.a.x-skep.onChange.signal'],
    ],
    [
      'x-skep: {onChange: {signal: SIGHUP, exec: [a]}}',
      ['4:24 E_COMPOSE_VALUE services.a.x-skep.onChange'],
    ],
    ['x-skep: {onChange: {exec: []}}', ['4:24 E_COMPOSE_VALUE services.a.x-skep.onChange']],
    ['x-skep: {onChange: {exec: nginx}}', ['4:31 E_TYPE services.a.x-skep.onChange.exec']],
    ['x-skep: {share: true}', ['4:14 E_FIELD_UNKNOWN services.a.x-skep.share']],
    ['x-skep: {x-shared: true}', ['4:14 E_FIELD_UNKNOWN services.a.x-skep.x-shared']],
    ['x-skep: {ignore: [image]}', ['4:23 E_COMPOSE_VALUE services.a.x-skep.ignore[0]']],
    ['hostname: ${A', ['4:15 E_INTERPOLATION services.a.hostname']],
    ['hostname: "${A:?is needed}"', ['4:15 E_INTERPOLATION services.a.hostname']],
    ['hostname: x${A}', ['4:15 W_VARIABLE_UNSET services.a.hostname']],
    ['"odd key": 1', ['4:5 E_FIELD_UNKNOWN services.a["odd key"]']],
  ])('%s', (keys, expected) => {
    const result = service(keys);
    expect(shown(result)).toEqual(expected);
    expect(result.model === undefined).toBe(expected.some((line) => !/ W_/.test(line)));
  });

  test('hints name what was meant', () => {
    expect(service('imag: x').issues[0]?.hint).toBe('did you mean "image"?');
    expect(service('x-skep: {onchange: none}').issues[0]?.hint).toBe('did you mean "onChange"?');
    expect(service('Privileged: x').issues[0]?.hint).toBe('did you mean "privileged"?');
    expect(service('networks: [ne]').issues[0]?.hint).toBe('did you mean "net"?');
    expect(service('networks: [elsewhere]').issues[0]?.hint).toContain('top level');
    expect(service('user: 1000').issues[0]?.hint).toBe('put it in quotes: "1000"');
  });
});

describe('faults of a file', () => {
  test.each([
    ['', ['1:1 E_APP_EMPTY ']],
    ['# only this\n', ['1:1 E_APP_EMPTY ']],
    ['services: {}\n', ['1:1 E_APP_EMPTY services']],
    ['services:\n', ['1:10 E_TYPE services']],
    ['services: [a]\n', ['1:11 E_TYPE services']],
    ['- a\n', ['1:1 E_TYPE ']],
    ['services: {a: {image: x}}\n---\nservices: {b: {}}\n', ['3:12 E_FIELD_MISSING services.b']],
    ['services: {a: {}}\n', ['1:12 E_FIELD_MISSING services.a']],
    ['services: {a: }\n', ['1:15 E_TYPE services.a']],
    ['services: {"a b": {image: x}}\n', ['1:12 E_COMPOSE_VALUE services["a b"]']],
    ['service: {}\nservices: {a: {image: x}}\n', ['1:1 E_FIELD_UNKNOWN service']],
    ['include: [a]\nservices: {a: {image: x}}\n', ['1:11 E_FILE_MISSING include[0]']],
    ['version: "3"\nservices: {a: {image: x}}\n', ['1:1 W_COMPOSE_VERSION version']],
    ['name: "!!"\nservices: {a: {image: x}}\n', ['1:7 E_COMPOSE_VALUE name']],
    ['services: {a: {image: "a b"}}\n', ['1:23 E_COMPOSE_VALUE services.a.image']],
    ['services: {a: {build: .}}\n', ['1:12 E_FIELD_MISSING services.a']],
    ['services: {a: {image: x, <<: 5}}\n', ['1:30 E_YAML_MERGE services.a["<<"]']],
    ['services: {a: {image: x}}\nconfigs: {c: {}}\n', ['2:11 E_COMPOSE_VALUE configs.c']],
    [
      'services: {a: {image: x}}\nconfigs: {c: {file: a, content: b}}\n',
      ['2:11 E_COMPOSE_VALUE configs.c'],
    ],
    [
      'services: {a: {image: x}}\nvolumes: {n: {external: true, x-a: 1, labels: {a: b}}}\n',
      ['2:39 E_COMPOSE_VALUE volumes.n.labels'],
    ],
    [
      'services: {a: {image: x}}\nnetworks: {n: {external: {name: m}}}\n',
      ['2:33 W_COMPOSE_OLD networks.n.external'],
    ],
    ['a: [\n', ['2:1 E_YAML_SYNTAX ']],
  ])('%j', (text, expected) => {
    expect(shown(compose(text))).toEqual(expected);
  });

  test('services that wait for each other are told with the whole way round', () => {
    const { issues } = compose(
      'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [a]}\n  d: {image: x, depends_on: [d]}\n',
    );
    expect(issues.map(({ message }) => message)).toEqual([
      'services wait for each other: a -> b -> c -> a',
      'services wait for each other: d -> d',
    ]);
    expect(issues[0]).toMatchObject({ line: 2, column: 30, path: 'services.a.depends_on.b' });
  });

  test('all faults are told at once', () => {
    const { issues } = service('user: 1\nhostname: [1]\nports: [x]\nnope: 1');
    expect(issues).toHaveLength(4);
  });

  test('a missing file, an unreadable one, and one that is to come', () => {
    expect(shown(load({}))).toEqual(['0:0 E_FILE_MISSING ']);
    const refused = { kind: 'refused', code: 'E_REPO_SYMLINK', message: 'm' } as const;
    const text = 'services: {a: {image: x, env_file: e}}';
    const options: Partial<ComposeInput> = {
      readFile: (path) =>
        path.endsWith('yaml') ? reader({ '/p/compose.yaml': text })(path) : refused,
    };
    expect(shown(load({}, options))).toEqual([
      '0:0 E_REPO_SYMLINK ',
      '1:36 E_REPO_SYMLINK services.a.env_file[0]',
    ]);
    expect(shown(load({}, { readFile: () => refused }))).toEqual([
      '0:0 E_REPO_SYMLINK ',
      '0:0 E_REPO_SYMLINK ',
    ]);
    const later = load({}, { readFile: () => ({ kind: 'later' }) });
    expect(later.model).toBeUndefined();
    expect([...later.later]).toEqual(['/p/.env', '/p/compose.yaml']);
  });
});

describe('what is read', () => {
  const files = (rest: Files): Files => ({
    '/p/compose.yaml':
      'services: {a: {image: "x:${TAG:-none}", environment: [FROM], env_file: [one.env, {path: two.env, required: false}]}}',
    '/p/one.env': 'E=${TAG}\nF=1\n',
    ...rest,
  });
  const environment = (result: ReturnType<typeof load>) => result.model?.services['a']?.environment;

  test('values win over the .env, which wins over nothing', () => {
    const dotenv = files({ '/p/.env': 'TAG=dotenv\nFROM=dotenv\n' });
    expect(load(dotenv).model?.services['a']?.image).toBe('x:dotenv');
    const values = new Map([['TAG', 'value']]);
    expect(load(dotenv, { values }).model?.services['a']?.image).toBe('x:value');
    expect(environment(load(dotenv, { values }))).toEqual({ E: 'value', F: '1', FROM: 'dotenv' });
    expect(environment(load(files({})))).toEqual({ E: '', F: '1', FROM: null });
  });

  test('named env files stand for the .env, the last one wins, and they must be there', () => {
    const both = files({ '/p/.env': 'TAG=dotenv\n', '/a': 'TAG=a\n', '/b': 'TAG=b$TAG\n' });
    const result = load(both, { envFiles: ['/a', '/b'] });
    expect(result.model?.services['a']?.image).toBe('x:ba');
    expect(shown(load(both, { envFiles: ['/c'] }))).toContain('0:0 E_FILE_MISSING ');
  });

  test('an env_file that does not parse is told at its own place', () => {
    const { issues } = load(files({ '/p/two.env': 'A=1\nB C=2\n' }));
    expect(issues[0]).toMatchObject({ code: 'E_DOTENV', file: '/p/two.env', line: 2, column: 1 });
    const binary = load(files({ '/p/two.env': 'A=\0' }));
    expect(binary.issues[0]?.code).toBe('E_YAML_ENCODING');
    const huge = load(files({ '/p/two.env': 'A='.padEnd(300_000, 'x') }));
    expect(huge.issues[0]?.code).toBe('E_FILE_TOO_LARGE');
  });

  test('a raw env_file is taken as it stands', () => {
    const result = load({
      '/p/compose.yaml': 'services: {a: {image: x, env_file: [{path: r, format: raw}]}}',
      '/p/r': '# c\nA="${X}" # y\r\nB\n',
    });
    expect(environment(result)).toEqual({ A: '"${X}" # y' });
    const binary = load({
      '/p/compose.yaml': 'services: {a: {image: x, env_file: [{path: r, format: raw}]}}',
      '/p/r': 'A=\0',
    });
    expect(binary.issues[0]).toMatchObject({ code: 'E_YAML_ENCODING', file: '/p/r', column: 3 });
  });

  test('what was looked at and asked for is told, whether there or not', () => {
    const result = load(files({ '/p/.env': 'A=$OUTER\n' }), { values: new Map([['TAG', 't']]) });
    expect([...result.looked]).toEqual(['/p/.env', '/p/compose.yaml', '/p/one.env', '/p/two.env']);
    expect(Object.fromEntries(result.variables)).toEqual({
      OUTER: undefined,
      TAG: 't',
      E: undefined,
      F: undefined,
      FROM: undefined,
    });
  });

  test('paths are resolved on the machine, also at home', () => {
    const text = 'services: {a: {image: x, volumes: ["./r:/r", "~/h:/h", "/abs/../a:/a"]}}';
    const home = compose(text, { home: '/home/me' }).model?.services['a']?.volumes;
    expect(home?.map(({ source }) => source)).toEqual(['/p/r', '/home/me/h', '/abs/../a']);
    const none = compose(text).model?.services['a']?.volumes;
    expect(none?.[1]?.source).toBe('/p/~/h');
  });

  test('the project name comes from outside, from the file, or from the folder', () => {
    const text =
      'name: "in-${X:-file}"\nservices: {a: {image: x, hostname: "${COMPOSE_PROJECT_NAME}"}}';
    expect(compose(text).model?.name).toBe('in-file');
    expect(compose(text).model?.services['a']?.hostname).toBe('in-file');
    expect(compose(text, { projectName: 'given' }).model?.name).toBe('given');
    const plain = 'services: {a: {image: x}}';
    expect(compose(plain, { projectDirectory: '/srv/My App_2' }).model?.name).toBe('myapp_2');
    expect(plainProjectName('---')).toBe('default');
  });
});

describe('merge keys and tags', () => {
  test('what is merged by << is seen by everything after it', () => {
    const { model, issues } = compose(
      'x-a: &a {user: "1", labels: {a: b}}\nx-b: &b {user: "2", tty: true}\nservices:\n  s: {<<: [*a, *b], image: x, labels: {c: d}}\n',
    );
    expect(issues).toEqual([]);
    expect(model?.services['s']).toMatchObject({ user: '1', tty: true, labels: { c: 'd' } });
  });

  test('a fault in what is merged is told where it was written', () => {
    const result = compose('x-a: &a {nope: 1}\nservices:\n  s: {<<: *a, image: x}\n');
    expect(shown(result)).toEqual(['1:10 E_FIELD_UNKNOWN services.s.nope']);
  });

  test('tags of the core schema decide the type', () => {
    const { model } = compose(
      'services: {s: {image: x, environment: {A: !!str 1.10, B: !!int "5"}}}',
    );
    expect(model?.services['s']?.environment).toEqual({ A: '1.10', B: '5' });
  });

  test('!reset takes away and !override replaces, in a later file', () => {
    const { model } = load(
      {
        '/p/a':
          'services: {s: {image: x, command: a, ports: ["1:1"], labels: {a: b}}, t: {image: y}}',
        '/p/b':
          'services: {s: {command: !reset null, ports: !override ["2:2"], labels: !override {c: d}}, t: !reset }',
      },
      { files: ['/p/a', '/p/b'] },
    );
    expect(Object.keys(model?.services ?? {})).toEqual(['s']);
    expect(model?.services['s']).toMatchObject({ command: null, labels: { c: 'd' } });
    expect(model?.services['s']?.ports).toHaveLength(1);
  });

  test('dollars of values are doubled again in the printed text', () => {
    const { model } = compose('services: {s: {image: x, command: [a, $$HOME]}}');
    expect(model?.services['s']?.command).toEqual(['a', '$HOME']);
    expect(model && renderConfig(model, {})).toContain('"$$HOME"');
  });
});

test('what a file expands to is limited', () => {
  const values = new Map([['BIG', 'x'.repeat(200_000)]]);
  const result = compose('services: {s: {image: x, command: ["$BIG$BIG$BIG", "$BIG$BIG$BIG"]}}', {
    values,
  });
  expect(shown(result)).toEqual(['1:52 E_INTERPOLATION services.s.command[1]']);
});

test('the SSH agent of a build in another folder stays the agent, and its keys are paths there', () => {
  const files = {
    '/p/compose.yaml': 'services: {a: {extends: {file: sub/base.yaml, service: b}}}',
    '/p/sub/base.yaml':
      'services: {b: {image: b, build: {context: ., ssh: [default, key=./id, other=/id]}}}',
  };
  const { model, issues } = load(files, { rules: 'compose' });
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(model?.services['a']?.build).toMatchObject({
    ssh: ['default', 'key=/p/sub/id', 'other=/id'],
  });
});
