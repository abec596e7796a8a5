import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeOf } from './testing/layers.ts';

const indent = (text: string, by: string): string => text.replace(/^(?=.)/gm, by);

/** A service `a` in one file, and what a second file says of it. */
function mergeService(base: string, over: string) {
  return mergeOf(
    {
      '/p/compose.yaml': `services:\n  a:\n${indent(base, '    ')}\n`,
      '/p/over.yaml': `services:\n  a:\n${indent(over, '    ')}\n`,
    },
    { use: ['/p/compose.yaml', '/p/over.yaml'] },
  );
}

/** Base, override, and the service as Docker Compose 2.40.3 merges it. */
const SERVICE_ROWS: readonly (readonly [base: string, over: string, expected: object])[] = [
  // One value: the later.
  ['image: one', 'image: two', { image: 'two' }],
  ['image: one', 'hostname: h', { image: 'one', hostname: 'h' }],
  ['container_name: one', 'container_name: two', { container_name: 'two' }],
  ['privileged: true', 'privileged: false', { privileged: false }],
  ['mem_limit: 5m', 'mem_limit: 1000000', { mem_limit: 1_000_000 }],
  ['pull_policy: always', 'pull_policy: never', { pull_policy: 'never' }],
  [
    'credential_spec: {file: f}',
    'credential_spec: {registry: r}',
    { credential_spec: { file: 'f', registry: 'r' } },
  ],
  // Nothing takes nothing away.
  ['image: one', 'image:', { image: 'one' }],
  ['ports: ["80:80"]', 'ports:', { ports: ['80:80'] }],
  ['environment: {A: 1}', 'environment:', { environment: { A: 1 } }],
  ['depends_on: [b]', 'depends_on:', { depends_on: ['b'] }],
  ['build: ./x', 'build:', { build: './x' }],
  // Commands are replaced whole.
  ['command: a b', 'command: [c, d]', { command: ['c', 'd'] }],
  ['command: [a]', 'command:', { command: null }],
  ['entrypoint: [a]', 'entrypoint: []', { entrypoint: [] }],
  [
    'healthcheck: {test: [CMD, a], interval: 5s}',
    'healthcheck: {test: curl x, retries: 3}',
    { healthcheck: { test: 'curl x', interval: '5s', retries: 3 } },
  ],
  // Names with values: the later value of a name.
  [
    'environment: {A: 1, B: x}',
    'environment: ["A=2", C=3]',
    { environment: { A: '2', B: 'x', C: '3' } },
  ],
  ['environment: [A=1]', 'environment: [A]', { environment: { A: null } }],
  ['environment: {A: 1}', 'environment: {A: }', { environment: { A: null } }],
  ['labels: [a=1, b]', 'labels: {a: x=y}', { labels: { a: 'x=y', b: null } }],
  ['annotations: {a: 1}', 'annotations: [a=2]', { annotations: { a: '2' } }],
  ['sysctls: {a: 1}', 'sysctls: [a=2, b=3]', { sysctls: { a: '2', b: '3' } }],
  [
    'deploy: {labels: [a=1]}',
    'deploy: {labels: {b: c}}',
    { deploy: { labels: { a: '1', b: 'c' } } },
  ],
  // Lists: one after the other, each item once where it can be told.
  ['cap_add: [A]', 'cap_add: [B, A]', { cap_add: ['A', 'B'] }],
  ['cap_drop: [ALL]', 'cap_drop: [X]', { cap_drop: ['ALL', 'X'] }],
  ['security_opt: [a]', 'security_opt: [b]', { security_opt: ['a', 'b'] }],
  ['group_add: [a]', 'group_add: [b, 1]', { group_add: ['a', 'b', 1] }],
  ['volumes_from: [b]', 'volumes_from: [c]', { volumes_from: ['b', 'c'] }],
  ['links: [b]', 'links: ["b:x", b]', { links: ['b', 'b:x'] }],
  ['external_links: [b]', 'external_links: [c]', { external_links: ['b', 'c'] }],
  ['profiles: [a]', 'profiles: [b, a]', { profiles: ['a', 'b'] }],
  ['device_cgroup_rules: [a]', 'device_cgroup_rules: [b]', { device_cgroup_rules: ['a', 'b'] }],
  [
    'post_start: [{command: a}]',
    'post_start: [{command: b}]',
    { post_start: [{ command: 'a' }, { command: 'b' }] },
  ],
  [
    'deploy: {placement: {constraints: [x]}}',
    'deploy: {placement: {constraints: [y]}}',
    { deploy: { placement: { constraints: ['x', 'y'] } } },
  ],
  // One value or a list.
  ['dns: 1.1.1.1', 'dns: [8.8.8.8, 1.1.1.1]', { dns: ['1.1.1.1', '8.8.8.8'] }],
  ['dns_opt: [a]', 'dns_opt: [b, a]', { dns_opt: ['a', 'b'] }],
  ['dns_search: x.y', 'dns_search: a.b', { dns_search: ['x.y', 'a.b'] }],
  ['tmpfs: /a', 'tmpfs: ["/a:size=1", /b]', { tmpfs: ['/a', '/a:size=1', '/b'] }],
  ['label_file: ./l', 'label_file: [./m]', { label_file: ['./l', './m'] }],
  ['env_file: ./a', 'env_file: [./b, ./a]', { env_file: ['./a', './b'] }],
  [
    'env_file: [./a]',
    'env_file: [{path: ./a, required: false}]',
    { env_file: [{ path: './a', required: false }] },
  ],
  // Mounts, ports, devices, configs and secrets: by where they are seen in the container.
  ['volumes: ["v:/a"]', 'volumes: ["./x:/a:ro", "w:/b"]', { volumes: ['./x:/a:ro', 'w:/b'] }],
  [
    'volumes: ["v:/a"]',
    'volumes: [{type: tmpfs, target: /a}]',
    { volumes: [{ type: 'tmpfs', target: '/a' }] },
  ],
  ["volumes: ['C:\\x:/a']", 'volumes: ["v:/a"]', { volumes: ['v:/a'] }],
  ['volumes: [/a]', 'volumes: ["v:/a"]', { volumes: ['v:/a'] }],
  ['ports: ["80:80"]', 'ports: ["80:80", 90]', { ports: ['80:80', 90] }],
  [
    'ports: [{target: 80, published: 1}]',
    'ports: [{target: 80, published: 1, mode: host}]',
    { ports: [{ target: 80, published: 1, mode: 'host' }] },
  ],
  ['expose: [80]', 'expose: ["80", 81]', { expose: ['80', 81] }],
  [
    'devices: ["/dev/a:/dev/x"]',
    'devices: [{source: /dev/b, target: /dev/x}, /dev/c]',
    { devices: [{ source: '/dev/b', target: '/dev/x' }, '/dev/c'] },
  ],
  [
    'configs: [c]',
    'configs: [{source: d, target: /c}]',
    { configs: [{ source: 'd', target: '/c' }] },
  ],
  [
    'secrets: [s]',
    'secrets: [{source: t, target: /run/secrets/s}, s2]',
    { secrets: [{ source: 't', target: '/run/secrets/s' }, 's2'] },
  ],
  // Hosts: lines that are there already are not repeated.
  [
    'extra_hosts: ["a=1.1.1.1"]',
    'extra_hosts: {a: 1.1.1.1, b: [2.2.2.2, 3.3.3.3]}',
    { extra_hosts: ['a=1.1.1.1', 'b=2.2.2.2', 'b=3.3.3.3'] },
  ],
  // Names, or a mapping by name.
  [
    'networks: [m, n]',
    'networks: {n: {aliases: [x]}}',
    { networks: { m: null, n: { aliases: ['x'] } } },
  ],
  [
    'networks: {n: {aliases: [x], priority: 1}}',
    'networks: {n: {aliases: [y, x], priority: 2}}',
    { networks: { n: { aliases: ['x', 'y'], priority: 2 } } },
  ],
  ['networks: {n: {aliases: [x]}}', 'networks: [n]', { networks: { n: { aliases: ['x'] } } }],
  [
    'depends_on: [b]',
    'depends_on: {c: {condition: service_healthy}}',
    {
      depends_on: {
        b: { condition: 'service_started', required: true },
        c: { condition: 'service_healthy' },
      },
    },
  ],
  [
    'depends_on: {b: {condition: service_healthy, restart: true}}',
    'depends_on: [b]',
    { depends_on: { b: { condition: 'service_started', restart: true, required: true } } },
  ],
  ['models: [m]', 'models: {m: {endpoint_var: E}}', { models: { m: { endpoint_var: 'E' } } }],
  // A build: a text is its context.
  [
    'build: ./x',
    'build: {dockerfile: D, args: [A=1]}',
    { build: { context: './x', dockerfile: 'D', args: ['A=1'] } },
  ],
  [
    'build: {context: x, args: {A: 1}, tags: [t]}',
    'build: {args: [A=2, B], tags: [u, t]}',
    { build: { context: 'x', args: { A: '2', B: null }, tags: ['t', 'u'] } },
  ],
  ['build: {context: x, labels: [l=1]}', 'build: y', { build: { context: 'y', labels: ['l=1'] } }],
  [
    'build: {additional_contexts: {a: ./b}}',
    'build: {additional_contexts: [a=./c]}',
    { build: { additional_contexts: { a: './c' } } },
  ],
  [
    'build: {extra_hosts: [h=1]}',
    'build: {extra_hosts: {h: "1", i: "2"}}',
    { build: { extra_hosts: ['h=1', 'i=2'] } },
  ],
  // Options of a log driver stay with their driver.
  [
    'logging: {driver: d, options: {a: 1}}',
    'logging: {options: {b: 2}}',
    { logging: { driver: 'd', options: { a: 1, b: 2 } } },
  ],
  ['logging: {driver: d, options: {a: 1}}', 'logging: {driver: e}', { logging: { driver: 'e' } }],
  [
    'logging: {options: {a: 1}}',
    'logging: {driver: e, options: {a: 2}}',
    { logging: { driver: 'e', options: { a: 2 } } },
  ],
  // A limit is replaced whole.
  [
    'ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}',
    'ulimits: {nofile: 5}',
    { ulimits: { nofile: 5, nproc: 3 } },
  ],
  // Devices of a file before are a list, whatever the form.
  ['gpus: all', 'gpus: [{count: 1}]', { gpus: [{ count: 'all' }, { count: 1 }] }],
  [
    'deploy: {resources: {limits: {cpus: "1"}}}',
    'deploy: {resources: {limits: {memory: 5m}, reservations: {cpus: "0.5"}}}',
    {
      deploy: { resources: { limits: { cpus: '1', memory: '5m' }, reservations: { cpus: '0.5' } } },
    },
  ],
  ['storage_opt: {a: b}', 'storage_opt: {c: d}', { storage_opt: { a: 'b', c: 'd' } }],
  [
    'develop: {watch: [{path: ./a, action: rebuild}]}',
    'develop: {watch: [{path: ./b, action: rebuild}]}',
    {
      develop: {
        watch: [
          { path: './a', action: 'rebuild' },
          { path: './b', action: 'rebuild' },
        ],
      },
    },
  ],
  ['x-own: {a: 1, l: [1]}', 'x-own: {b: 2, l: [2]}', { 'x-own': { a: 1, l: [1, 2], b: 2 } }],
  // What is taken back, and what is put in its place.
  ['ports: ["80:80"]\nimage: i', 'ports: !reset null', { image: 'i' }],
  ['ports: ["80:80"]', 'ports: !override ["90:90"]', { ports: ['90:90'] }],
  [
    'environment: {A: 1, B: 2}',
    'environment: {A: !reset null, C: 3}',
    { environment: { B: 2, C: 3 } },
  ],
  [
    'build: {context: x, args: [A=1]}',
    'build: !override {context: y}',
    { build: { context: 'y' } },
  ],
  [
    'healthcheck: {interval: 5s, retries: 3}',
    'healthcheck: {retries: !reset 0}',
    { healthcheck: { interval: '5s' } },
  ],
  ['networks: {m: {}, n: {}}', 'networks: {m: !reset {}}', { networks: { n: {} } }],
  ['volumes: ["v:/a"]', 'volumes: ["w:/b", !reset "x:/c"]', { volumes: ['v:/a', 'w:/b'] }],
];

describe('a service in two files, merged as Compose 2.40.3 does', () => {
  test.each(SERVICE_ROWS)('%s, then %s', (base, over, expected) => {
    const { tree, issues } = mergeService(base, over);
    expect(issues).toEqual([]);
    expect(tree).toEqual({ services: { a: expected } });
  });

  test.each([
    [
      'ports: ["80:80"]',
      'ports: 80',
      'over.yaml:3:12 E_TYPE services.a.ports: a single value cannot be merged over a list',
    ],
    [
      'environment: {A: 1}',
      'environment: 5',
      'over.yaml:3:18 E_TYPE services.a.environment: a single value cannot be merged over a mapping',
    ],
    [
      'deploy: {replicas: 1}',
      'deploy: [a]',
      'over.yaml:3:13 E_TYPE services.a.deploy: a list cannot be merged over a mapping',
    ],
    [
      'logging: {driver: d}',
      'logging: []',
      'over.yaml:3:14 E_TYPE services.a.logging: a list cannot be merged over a mapping',
    ],
    [
      'networks: [n]',
      'networks: n',
      'over.yaml:3:15 E_TYPE services.a.networks: a single value cannot be merged over a list',
    ],
    [
      'build: ./x',
      'build: [y]',
      'over.yaml:3:12 E_TYPE services.a.build: a list cannot be merged over a single value',
    ],
    [
      'gpus: all',
      'gpus: all',
      'over.yaml:3:11 E_TYPE services.a.gpus: a single value cannot be merged over a single value',
    ],
    [
      'security_opt: [a]',
      'security_opt: [a]',
      'over.yaml:3:20 E_COMPOSE_VALUE services.a.security_opt[1]: "a" stands here twice',
    ],
  ])('%s, then %s is refused at its place', (base, over, issue) => {
    expect(mergeService(base, over).issues).toEqual([issue]);
  });
});

/** Base, override, and what becomes of the object `o` of that kind. */
const OBJECT_ROWS: readonly (readonly [
  kind: string,
  base: string,
  over: string,
  expected: unknown,
])[] = [
  ['networks', '', '{driver: d}', { driver: 'd' }],
  ['networks', '{driver: d, labels: [a=1]}', '{labels: {a: 2}}', { driver: 'd', labels: { a: 2 } }],
  [
    'networks',
    '{driver_opts: {a: 1}}',
    '{driver_opts: {a: 2, b: 3}}',
    { driver_opts: { a: 2, b: 3 } },
  ],
  ['networks', '{external: {name: q}}', '{external: true}', { external: true, name: 'q' }],
  [
    'networks',
    '{ipam: {config: [{subnet: 10.0.0.0/24}]}}',
    '{ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}, {subnet: 10.0.1.0/24}]}}',
    {
      ipam: { config: [{ subnet: '10.0.0.0/24', gateway: '10.0.0.1' }, { subnet: '10.0.1.0/24' }] },
    },
  ],
  [
    'networks',
    '{ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: 10.0.1.0/24}]}}',
    '{ipam: {config: [{subnet: 10.0.1.0/24, gateway: 10.0.1.1}]}}',
    { ipam: { config: [{ subnet: '10.0.1.0/24', gateway: '10.0.1.1' }] } },
  ],
  ['volumes', '{driver: d}', '', { driver: 'd' }],
  ['volumes', '{labels: {a: 1}}', '{labels: [b=2]}', { labels: ['a=1', 'b=2'] }],
  ['volumes', '{driver: d}', '!override {name: n}', { name: 'n' }],
  ['secrets', '{file: ./a}', '{file: ./b}', { file: './b' }],
  ['configs', '{content: a}', '{content: b}', { content: 'b' }],
  [
    'models',
    '{model: a, runtime_flags: [x]}',
    '{model: b, runtime_flags: [y]}',
    { model: 'b', runtime_flags: ['x', 'y'] },
  ],
];

describe('networks, volumes, configs, secrets and models in two files', () => {
  test.each(OBJECT_ROWS)('%s: %s, then %s', (kind, base, over, expected) => {
    const { tree, issues } = mergeOf(
      { '/p/compose.yaml': `${kind}: {o: ${base}}\n`, '/p/over.yaml': `${kind}: {o: ${over}}\n` },
      { use: ['/p/compose.yaml', '/p/over.yaml'] },
    );
    expect(issues).toEqual([]);
    expect(tree).toEqual({ [kind]: { o: expected } });
  });

  test('a whole object can be taken back, and a service', () => {
    const { tree } = mergeOf(
      {
        '/p/compose.yaml': 'services: {a: {image: x}, b: {image: y}}\nvolumes: {v: {}}\n',
        '/p/over.yaml': 'services: {b: !reset null}\nvolumes: {v: !reset null}\n',
      },
      { use: ['/p/compose.yaml', '/p/over.yaml'] },
    );
    expect(tree).toEqual({ services: { a: { image: 'x' } }, volumes: {} });
  });

  test('documents of one file are merged as files are', () => {
    const text = 'services: {a: {image: x}}\n---\nservices: {a: {image: y}, b: {image: z}}\n';
    expect(mergeOf({ '/p/compose.yaml': text }).tree).toEqual({
      services: { a: { image: 'y' }, b: { image: 'z' } },
    });
  });
});

describe('laws', () => {
  const word = fc.constantFrom('a', 'b', 'c', '/x', 'k=v');
  const words = fc.uniqueArray(word, { maxLength: 3 });
  const pairs = fc.dictionary(fc.constantFrom('A', 'B', 'C'), fc.constantFrom('1', 'x', ''));
  const service = fc.record(
    {
      image: word,
      command: fc.oneof(word, words),
      environment: pairs,
      labels: fc.oneof(pairs, fc.constant(['L=1'])),
      networks: fc.oneof(words, fc.constant({ n: { aliases: ['x'] } })),
      cap_add: words,
      dns: fc.oneof(word, words),
      logging: fc.record({ driver: word, options: pairs }),
      deploy: fc.record({ replicas: fc.nat(9), labels: pairs }),
      ulimits: fc.constant({ nofile: { soft: 1, hard: 2 } }),
    },
    { requiredKeys: [] },
  );
  const file = fc.record({
    services: fc.dictionary(fc.constantFrom('a', 'b'), service),
    'x-any': fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(fc.integer(), words, pairs)),
  });
  const two = (base: unknown, over: unknown) =>
    mergeOf(
      { '/p/compose.yaml': JSON.stringify(base), '/p/over.yaml': JSON.stringify(over) },
      { use: ['/p/compose.yaml', '/p/over.yaml'] },
    );

  test('an empty file changes nothing', () => {
    fc.assert(
      fc.property(file, (any) => {
        const alone = mergeOf({ '/p/compose.yaml': JSON.stringify(any) });
        expect(two(any, {}).tree).toEqual(alone.tree);
      }),
      { numRuns: 200 },
    );
  });

  test('a file that replaces a service by !override leaves nothing of the one before', () => {
    fc.assert(
      fc.property(service, service, (base, over) => {
        const { tree } = mergeOf(
          {
            '/p/compose.yaml': JSON.stringify({ services: { a: base } }),
            '/p/over.yaml': `services:\n  a: !override ${JSON.stringify(over)}\n`,
          },
          { use: ['/p/compose.yaml', '/p/over.yaml'] },
        );
        expect(tree).toEqual(
          mergeOf({ '/p/compose.yaml': JSON.stringify({ services: { a: over } }) }).tree,
        );
      }),
      { numRuns: 200 },
    );
  });
});
