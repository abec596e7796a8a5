// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { describe, expect, test } from 'vitest';
import { loadFiles, manifest, said } from '../testing/repository.ts';

/** Codes of an App whose only service has these keys, and with these objects at the top level. */
async function codes(keys: string, top = '', privileges = ''): Promise<string[]> {
  const text = `services:\n  web:\n    image: nginx\n${keys.replace(/^/gm, '    ')}\n${top}`;
  const { issues } = await loadFiles({
    'a.yaml': manifest('App', 'web', 'compose: ./compose.yaml'),
    'compose.yaml': text,
    '.env': 'HOST_PATH=/etc\nLABEL=skep.owner\nDRIVER=none\n',
    'p.yaml': manifest('Project', 'default', privileges && `privileges: [${privileges}]`),
  });
  return issues.map(({ code }) => code);
}

const volume = (options: string, driver = '') =>
  `volumes: {vol: {${driver}driver_opts: ${options}}}`;
const uses = 'volumes: ["vol:/v"]';

describe('policy sees what will be sent, not what is written', () => {
  test('a variable', async () => {
    expect(await codes('volumes: ["${HOST_PATH}:/x"]')).toEqual(['P_BIND']);
  });

  test('a merge key', async () => {
    const top = 'x-mounts: &m {volumes: ["/etc:/x"]}';
    expect(await codes('<<: *m', '').then((found) => found[0])).toBe('E_YAML_ALIAS');
    const text = `${top}\nservices:\n  web:\n    image: nginx\n    <<: *m\n`;
    const { issues } = await loadFiles({
      'a.yaml': manifest('App', 'web', 'compose: ./c.yaml'),
      'c.yaml': text,
    });
    expect(issues.map(({ code }) => code)).toEqual(['P_BIND']);
  });

  test('a second file', async () => {
    const { issues } = await loadFiles({
      'a.yaml': manifest('App', 'web', 'compose: [c.yaml, over.yaml]'),
      'c.yaml': 'services: {web: {image: nginx}}\n',
      'over.yaml': 'services: {web: {labels: {skep.owner: me}}}\n',
    });
    expect(issues).toMatchObject([{ code: 'P_RESERVED_LABEL', file: 'over.yaml' }]);
  });

  test('the long form of a mount', async () => {
    const mount = 'volumes: [{type: bind, source: /etc/localtime, target: /x';
    expect(await codes(`${mount}}]`)).toEqual(['P_BIND']);
    expect(await codes(`${mount}, read_only: true}]`)).toEqual([]);
  });
});

test('a file of the repository is mounted read-only, and it is said where that is not asked', async () => {
  const files = (mount: string) => ({
    'a.yaml': manifest(
      'App',
      'web',
      `compose:\n  services:\n    web: {image: x, volumes: ["${mount}"]}`,
    ),
    f: 'x',
  });
  const { desired, issues } = await loadFiles(files('./f:/f'));
  expect(said({ issues })).toEqual([
    'a.yaml:8:33: W_FILE_READ_ONLY spec.compose.services.web.volumes[0]: repository files are mounted read-only (add :ro or read_only: true)',
  ]);
  const [unit] = [...desired.apps.values()].flatMap(({ units }) => [...units.values()]);
  expect(unit?.model.services['web']?.volumes).toMatchObject([{ read_only: true }]);
  expect((await loadFiles(files('./f:/f:ro'))).issues).toEqual([]);
});

describe('a volume with driver options', () => {
  test.each([
    ['{type: none, o: bind, device: /etc}', 'P_VOLUME_DRIVER_OPTS'],
    ['{type: none, o: bind, device: /srv/../etc}', 'P_VOLUME_DRIVER_OPTS'],
    ['{type: "${DRIVER}", o: bind, device: "${HOST_PATH}"}', 'P_VOLUME_DRIVER_OPTS'],
    ['{type: nfs, o: "addr=10.0.0.1", device: ":/x"}', 'P_VOLUME_DRIVER_OPTS'],
    ['{type: overlay, o: "lowerdir=/etc", device: overlay}', 'P_VOLUME_DRIVER_OPTS'],
    ['{type: tmpfs, o: "size=1m,bind", device: /etc}', 'P_VOLUME_DRIVER_OPTS'],
  ])('%s needs a privilege', async (options, code) => {
    expect(await codes(uses, volume(options))).toEqual([code]);
    expect(await codes(uses, volume(options), 'volume-driver-opts')).toEqual([]);
  });

  test.each([
    ['{type: tmpfs, o: "size=1m", device: tmpfs}', ''],
    ['{type: none, o: bind, device: /srv/data}', ''],
    ['{type: x}', 'driver: other, '],
    ['{}', ''],
  ])('%s needs none', async (options, driver) => {
    expect(await codes(uses, volume(options, driver))).toEqual([]);
  });
});

test("only the engine's own networks are closed", async () => {
  const network = (name: string) => `networks: {n: {name: ${name}, external: true}}`;
  for (const name of ['bridge', 'host', 'none', 'ingress', 'docker_gwbridge']) {
    expect(await codes('networks: [n]', network(name))).toEqual(['P_NETWORK']);
  }
  expect(await codes('networks: [n]', network('bridges'))).toEqual([]);
});

test('a range of host ports is enough for as many replicas', async () => {
  const replicas = (count: number) => `deploy: {replicas: ${count}}\nports: ["90-91:80"]`;
  expect(await codes(replicas(2))).toEqual([]);
  expect(await codes(replicas(3))).toEqual(['E_PORT_CONFLICT']);
});
