import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newAgeKey, openAge } from '../../controller/secrets/age.ts';
import { type FakeTerminal, fakeTerminal } from '../testing/fake-terminal.ts';
import { type StubEngine, stubEngine } from '../testing/stub-engine.ts';
import { importRunning } from './import.ts';

const IMAGE = { RepoTags: ['web:1'], Config: { Cmd: ['serve'], Env: ['PATH=/bin'] } };

interface Given {
  readonly project?: string;
  readonly service?: string;
  readonly env?: readonly string[];
  readonly host?: object;
  readonly labels?: Readonly<Record<string, string>>;
  readonly networks?: object;
  readonly image?: string;
  readonly mounts?: readonly object[];
}

const idOf = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0');

function container(name: string, given: Given = {}) {
  const { project, service = 'web', env = [], host = {}, labels = {}, networks = {} } = given;
  const composed = project && {
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': 'False',
  };
  return {
    Id: idOf(name),
    Name: `/${name}`,
    Image: 'sha256:web',
    State: { Status: 'running' },
    Config: {
      Image: given.image ?? 'web:1',
      Hostname: idOf(name).slice(0, 12),
      Cmd: ['serve'],
      Env: [...env, 'PATH=/bin'],
      Labels: { ...composed, ...labels },
    },
    HostConfig: { NetworkMode: project ? `${project}_default` : 'none', ...host },
    NetworkSettings: { Networks: networks },
    Mounts: given.mounts ?? [],
  };
}

describe('skep import', () => {
  let folder: string;
  let terminal: FakeTerminal;
  let engine: StubEngine;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skep-import-'));
  });
  afterEach(async () => {
    await engine?.[Symbol.asyncDispose]();
    terminal?.[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(
    containers: readonly ReturnType<typeof container>[],
    options: Partial<Parameters<typeof importRunning>[2]> = { all: true },
    more: { networks?: readonly object[]; volumes?: readonly object[]; names?: string[] } = {},
    env: Readonly<Record<string, string>> = {},
  ) {
    const inspected = containers.map((one) => [`/containers/${one.Id}/json`, one]);
    engine = await stubEngine(folder, {
      '/containers/json': containers.map(({ Id }) => ({ Id })),
      '/networks': more.networks ?? [],
      '/volumes': { Volumes: more.volumes ?? null },
      '/images/sha256%3Aweb/json': IMAGE,
      ...Object.fromEntries(inspected),
    });
    terminal = fakeTerminal({ cwd: folder, env: { DOCKER_HOST: engine.dockerHost, ...env } });
    const code = await importRunning(terminal, more.names ?? [], { dir: 'repo', ...options });
    expect(engine.asked.every((request) => request.startsWith('GET '))).toBe(true);
    return code;
  }
  const text = (path: string) => readFileSync(join(folder, 'repo', path), 'utf8');

  it('writes a minimal Compose file and an App that adopts, and changes nothing', async () => {
    expect(await run([container('shop-web-1', { project: 'shop', env: ['A=1'] })])).toBe(0);
    expect(text('apps/shop/app.yaml')).toBe(`apiVersion: skep/v1
kind: App
metadata:
  name: shop
spec:
  compose: ./compose.yaml
  adopt: true
`);
    expect(text('apps/shop/compose.yaml')).toBe(`services:
  web:
    image: web:1
    environment:
      A: "1"
`);
    expect(terminal.printed.out).toContain('1 of 1 apps will be taken over as they run');
  });

  it('refuses secrets without a recipient, and writes nothing at all', async () => {
    const secret = container('shop-web-1', { project: 'shop', env: ['DB_PASSWORD=hunter2'] });
    await expect(run([secret, container('plain')])).rejects.toMatchObject({
      message: 'values that look secret are not written in plain: DB_PASSWORD',
      hint: expect.stringContaining('--recipient age1…'),
    });
    expect(() => text('apps/plain/app.yaml')).toThrow();
  });

  it('seals secrets for the recipient, or for the key of this machine', async () => {
    const { identity, recipient } = await newAgeKey();
    writeFileSync(join(folder, 'age.key'), `# a key\n${identity}\n`);
    const secret = container('shop-web-1', { project: 'shop', env: ['DB_PASSWORD=hunter2'] });
    await run([secret], { all: true }, {}, { SKEP_AGE_KEY_FILE: 'age.key' });
    const sealed = /\|\n((?: {6}.*\n)+)/.exec(text('apps/shop/secret.yaml'))?.[1] ?? '';
    const opened = await openAge(sealed.replaceAll('      ', ''), [identity]);
    expect(new TextDecoder().decode(opened)).toBe('hunter2');
    expect(text('apps/shop/compose.yaml')).not.toContain('hunter2');
    expect(text('apps/shop/app.yaml')).toContain('from: shop/DB_PASSWORD');
    await engine[Symbol.asyncDispose]();
    await run([secret], { all: true, dir: 'other', recipient: [recipient] });
    await engine[Symbol.asyncDispose]();
    const bad = { all: true, dir: 'bad', recipient: ['nobody'] };
    await expect(run([secret], bad)).rejects.toThrow('not a recipient of age: nobody');
    await engine[Symbol.asyncDispose]();
    const unreadable = run([secret], { all: true, dir: 'x' }, {}, { SKEP_AGE_KEY_FILE: 'none' });
    await expect(unreadable).rejects.toThrow('SKEP_AGE_KEY_FILE cannot be read');
  });

  it('never overwrites, and then writes nothing', async () => {
    mkdirSync(join(folder, 'repo/apps/shop'), { recursive: true });
    writeFileSync(join(folder, 'repo/apps/shop/compose.yaml'), 'mine: true\n');
    await expect(run([container('shop-web-1', { project: 'shop' })])).rejects.toThrow(
      'apps/shop/compose.yaml: there already, and never overwritten',
    );
    expect(text('apps/shop/compose.yaml')).toBe('mine: true\n');
    expect(() => text('apps/shop/app.yaml')).toThrow();
  });

  it('keeps the files a project was started from where they say what runs', async () => {
    const original = '# ours\nservices:\n  web: {image: "web:1"}\n';
    writeFileSync(join(folder, 'docker-compose.yml'), original);
    const labels = {
      'com.docker.compose.project.config_files': 'docker-compose.yml',
      'com.docker.compose.project.working_dir': folder,
    };
    await run([container('shop-web-1', { project: 'shop', labels })]);
    expect(text('apps/shop/docker-compose.yml')).toBe(original);
    await engine[Symbol.asyncDispose]();
    const other = container('shop-web-1', { project: 'shop', labels, env: ['A=1'] });
    await run([other], { all: true, dir: 'other' });
    expect(() => text('../other/apps/shop/docker-compose.yml')).toThrow();
    expect(text('../other/apps/shop/compose.yaml')).toContain('A: "1"');
  });

  it.each([
    ['starts', 'services:\n  web: {image: "web:1"}\n  more: {image: "web:1"}\n'],
    ['starts', 'services:\n  web: {image: "web:1", scale: 2}\n'],
    ['removes', 'services:\n  web: {image: "web:1", scale: 0}\n'],
  ])('keeps no file that %s something: %s', async (_does, original) => {
    writeFileSync(join(folder, 'docker-compose.yml'), original);
    const labels = {
      'com.docker.compose.project.config_files': 'docker-compose.yml',
      'com.docker.compose.project.working_dir': folder,
    };
    expect(await run([container('shop-web-1', { project: 'shop', labels })])).toBe(0);
    expect(() => text('apps/shop/docker-compose.yml')).toThrow();
    expect(text('apps/shop/compose.yaml')).not.toMatch(/more|scale/);
    expect(terminal.printed.out).toContain('1 of 1');
  });

  it('says which numbers of a service will be started, and which removed', async () => {
    const second = container('shop-web-2', {
      project: 'shop',
      labels: { 'com.docker.compose.container-number': '2' },
    });
    await run([second]);
    expect(terminal.printed.err).toContain('web: number 1 of 1 has no container; will be started');
    expect(terminal.printed.err).toContain('shop-web-2: will be removed, since 1 are asked for');
    expect(terminal.printed.out).toContain('0 of 1');
  });

  it('writes the Host that is named, and a Project where containers have power', async () => {
    const powerful = container('box', { host: { NetworkMode: 'host', Privileged: true } });
    await run([powerful], { all: true, host: 'web-01' });
    expect(text('hosts/web-01.yaml')).toContain('kind: Host');
    expect(text('apps/box/app.yaml')).toContain('- web-01');
    expect(text('project.yaml')).toContain('- privileged');
    expect(terminal.printed.err).toContain('project.yaml allows');
    expect(terminal.printed.out).toContain('1 of 1');
  });

  it('leaves a Project alone that is there, and says what it does not allow', async () => {
    mkdirSync(join(folder, 'repo'));
    const project = 'apiVersion: skep/v1\nkind: Project\nmetadata: {name: default}\nspec: {}\n';
    writeFileSync(join(folder, 'repo/project.yaml'), project);
    expect(await run([container('box', { host: { NetworkMode: 'host' } })])).toBe(1);
    expect(text('project.yaml')).toBe(project);
    expect(terminal.printed.err).toContain('P_HOST_NAMESPACE');
    expect(terminal.printed.err).toContain('nothing is written');
    expect(readdirSync(join(folder, 'repo'))).toEqual(['project.yaml']);
  });

  it('allows just the powers that are had', async () => {
    const binds = (path: string) => ({ host: { Binds: [path], NetworkMode: 'none' } });
    const containers = [
      container('proxy', binds('/var/run/docker.sock:/var/run/docker.sock')),
      container('mail', binds('/etc/ssl:/certs:ro')),
    ];
    await run(containers, { all: true, host: 'web-01' });
    expect(text('project.yaml')).toContain(
      'spec:\n  privileges:\n    - bind:/etc/ssl\n    - docker-socket\n',
    );
    expect(terminal.printed.err).toContain('bind:/etc/ssl, docker-socket');
    expect(terminal.printed.out).toContain('2 of 2');
  });

  it('allows nothing where no Project could', async () => {
    const labelled = container('box', { labels: { 'Skep.app': 'x' } });
    expect(await run([labelled])).toBe(1);
    expect(terminal.printed.err).toContain('P_RESERVED_LABEL');
    expect(() => text('project.yaml')).toThrow();
    expect(() => readdirSync(join(folder, 'repo'))).toThrow();
  });

  it('takes no name of a host that is none', async () => {
    const outside = run([container('box')], { all: true, host: '../../x' });
    await expect(outside).rejects.toThrow('not a host name: "../../x"');
    expect(() => readdirSync(join(folder, 'repo'))).toThrow();
  });

  it('imports the second machine too, and declares no host twice', async () => {
    await run([container('first')], { all: true, host: 'web-01' });
    await engine[Symbol.asyncDispose]();
    expect(await run([container('second')], { all: true, host: 'web-02' })).toBe(0);
    expect(text('hosts/web-02.yaml')).toContain('name: web-02');
    expect(terminal.printed.out).toContain('1 of 1');
    await engine[Symbol.asyncDispose]();
    rmSync(join(folder, 'repo/hosts'), { recursive: true });
    const hosts = ['web-01', 'web-02'].map(
      (name) => `apiVersion: skep/v1\nkind: Host\nmetadata: {name: ${name}}\nspec: {}\n`,
    );
    writeFileSync(join(folder, 'repo/all-hosts.yaml'), hosts.join('---\n'));
    expect(await run([container('third')], { all: true, host: 'web-02' })).toBe(0);
    expect(() => text('hosts/web-02.yaml')).toThrow();
    expect(terminal.printed.out).toContain('1 of 1');
  });

  it('says what it breaks of the folder, and then writes nothing', async () => {
    await run([container('first')]);
    await engine[Symbol.asyncDispose]();
    const host = 'apiVersion: skep/v1\nkind: Host\nmetadata: {name: web-01}\nspec: {}\n';
    writeFileSync(join(folder, 'repo/host.yaml'), host);
    expect(await run([container('second')], { all: true, host: 'web-02' })).toBe(1);
    expect(terminal.printed.err).toContain('apps/first/app.yaml');
    expect(() => text('apps/second/app.yaml')).toThrow();
  });

  it('declares what is shared as external, and what is its own as its own', async () => {
    const on = (name: string, more: object = {}) => ({ [name]: { NetworkID: name, ...more } });
    const volume = { Binds: ['data:/data', 'both:/both'] };
    const mounts = [{ Name: 'data' }, { Name: 'both' }];
    const a = container('front', {
      host: { NetworkMode: 'lan', ...volume },
      mounts,
      networks: on('lan', { Aliases: ['front', 'nick'], IPAMConfig: { IPv4Address: '10.1.0.9' } }),
    });
    const b = container('back', {
      host: { NetworkMode: 'blog_default', Binds: ['both:/both'] },
      mounts: [{ Name: 'both' }],
      networks: on('blog_default'),
    });
    const lan = {
      Name: 'lan',
      Driver: 'bridge',
      IPAM: { Config: [{ Subnet: '10.1.0.0/16', Gateway: '10.1.0.1' }] },
      Labels: { a: 'b' },
    };
    const blog = { Name: 'blog_default', Labels: { 'com.docker.compose.project': 'blog' } };
    await run(
      [a, b],
      { all: true },
      { networks: [lan, blog], volumes: [{ Name: 'data', Driver: 'local' }, { Name: 'both' }] },
    );
    expect(text('apps/front/compose.yaml')).toBe(`services:
  front:
    image: web:1
    container_name: front
    volumes:
      - data:/data
      - both:/both
    networks:
      lan:
        aliases:
          - nick
        ipv4_address: 10.1.0.9
networks:
  lan:
    name: lan
    ipam:
      config:
        - subnet: 10.1.0.0/16
          gateway: 10.1.0.1
    labels:
      a: b
volumes:
  both:
    external: true
    name: both
  data:
    name: data
`);
    expect(terminal.printed.err).toContain('volume both is external: back uses it too');
    expect(terminal.printed.err).toContain(
      'network blog_default is external: it is of the Compose project blog',
    );
  });

  it('says what cannot be kept', async () => {
    const anonymous = '/anonymous';
    const given = container('front', {
      host: { AutoRemove: true },
      image: 'sha256:'.padEnd(71, 'a'),
    });
    const kept = { ...given, Config: { ...given.Config, Volumes: { [anonymous]: {} } } };
    await run([kept]);
    expect(terminal.printed.err).toContain('Compose has no word for --rm');
    expect(terminal.printed.err).toContain('will be replaced, since it differs in --rm');
    expect(terminal.printed.err).toContain('it keeps data in a volume without a name');
    expect(terminal.printed.out).toContain('0 of 1 apps will be taken over as they run');
    expect(text('apps/front/compose.yaml')).toContain('image: web:1');
  });

  it('keeps what containers say of each other', async () => {
    const depends = { 'com.docker.compose.depends_on': 'db:service_healthy:true' };
    const db = container('shop-db-1', { project: 'shop', service: 'db' });
    const mode = { NetworkMode: `container:${db.Id}`, VolumesFrom: [`${db.Id}:ro`] };
    const web = container('shop-web-1', { project: 'shop', labels: depends, host: mode });
    await run([db, web]);
    const written = text('apps/shop/compose.yaml');
    expect(written).toContain('network_mode: service:db');
    expect(written).toContain('volumes_from:\n      - db:ro');
    expect(written).toContain('db:\n        condition: service_healthy\n        restart: true');
  });

  it("leaves out skep's own, tasks of a swarm and what is run once", async () => {
    const containers = [
      container('ours', { labels: { 'skep.installation': 'x', 'skep.app': 'default/x' } }),
      container('task', { labels: { 'com.docker.swarm.task': 'x' } }),
      container('once', { project: 'p', labels: { 'com.docker.compose.oneoff': 'True' } }),
    ];
    await expect(run(containers)).rejects.toThrow('nothing runs here that could be imported');
    await engine[Symbol.asyncDispose]();
    await expect(run(containers, {}, { names: ['ours'] })).rejects.toThrow('no container ours');
  });

  it('needs something named, and an engine that it can read', async () => {
    await expect(run([], {})).rejects.toThrow('nothing is named');
    terminal = fakeTerminal({ cwd: folder, env: { DOCKER_HOST: 'ssh://host' } });
    const all = { dir: 'repo', all: true };
    await expect(importRunning(terminal, [], all)).rejects.toThrow('DOCKER_HOST is "ssh://host"');
    terminal = fakeTerminal({ cwd: folder, env: { DOCKER_HOST: 'unix:///nowhere' } });
    await expect(importRunning(terminal, [], all)).rejects.toThrow('the engine cannot be read');
  });
});
