import { describe, expect, it } from 'vitest';
import { toAppId } from '../../../../schemas/domain/index.ts';
import { loadFiles, manifest, said } from '../testing/repository.ts';

const HOSTS = `${manifest('Host', 'n1', 'swarm: prod')}---\n${manifest('Host', 'n2', 'swarm: prod')}`;
const stack = (name: string, keys = '', swarm = 'prod') =>
  manifest(
    'Stack',
    name,
    `swarm: ${swarm}\ncompose:\n  services:\n    web:\n      image: nginx\n${keys.replace(/^/gm, '      ')}`,
  );

describe('a stack', () => {
  it('has one unit, on its swarm', async () => {
    const { desired, issues } = await loadFiles({ 'h.yaml': HOSTS, 's.yaml': stack('shop') });
    expect(issues).toEqual([]);
    const app = desired.apps.get(toAppId('default', 'shop'));
    expect(app?.kind).toBe('Stack');
    expect([...(app?.units.keys() ?? [])]).toEqual(['swarm:prod']);
  });

  it('is the same unit, and not loaded again, where nothing of it changed', async () => {
    const files = { 'h.yaml': HOSTS, 's.yaml': stack('shop') };
    const [one, two] = [await loadFiles(files), await loadFiles(files)];
    const unitOf = ({ desired }: typeof one) =>
      desired.apps.get(toAppId('default', 'shop'))?.units.values().next().value;
    expect(unitOf(one)).toBeDefined();
    expect(unitOf(two)).toBe(unitOf(one));
  });

  it('needs a swarm that hosts say they are part of', async () => {
    const result = await loadFiles({ 'h.yaml': HOSTS, 's.yaml': stack('shop', '', 'prud') });
    expect(said(result)).toEqual([
      expect.stringContaining(
        'E_HOST_UNKNOWN spec.swarm: no host is part of the swarm "prud" (did you mean "prod"?)',
      ),
    ]);
  });

  it('needs a project that may use every host of the swarm', async () => {
    const files = {
      'h.yaml': HOSTS,
      's.yaml': stack('shop'),
      'p.yaml': manifest('Project', 'default', 'hosts: [n1]'),
    };
    expect(said(await loadFiles(files))).toEqual([
      expect.stringContaining('E_HOST_NOT_ALLOWED spec.swarm'),
    ]);
  });

  it('shares its name with no App of its project', async () => {
    const app = manifest('App', 'shop', 'hosts: [n1]\ncompose: {services: {a: {image: b}}}');
    const result = await loadFiles({ 'h.yaml': HOSTS, 's.yaml': stack('shop'), 'a.yaml': app });
    expect(said(result).filter((text) => text.includes('E_DUPLICATE_NAME'))).toHaveLength(2);
  });

  it('is refused what a swarm cannot do, and warned of what means nothing to one', async () => {
    const files = {
      'h.yaml': HOSTS,
      's.yaml': stack('shop', 'volumes: ["./a.txt:/a"]\nprivileged: true'),
      'a.txt': 'a',
    };
    const texts = said(await loadFiles(files)).join('\n');
    expect(texts).toContain('a file of the repository is on no node of a swarm');
    expect(texts).toMatch(/privileged/);
  });

  it('is told once of each, at its whole path', async () => {
    const keys = 'shm_size: 1m\nports: ["127.0.0.1:80:80"]\nnetworks: {default: {priority: 5}}';
    const { issues } = await loadFiles({ 'h.yaml': HOSTS, 's.yaml': stack('shop', keys) });
    expect(issues.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'W_COMPOSE_IGNORED spec.compose.services.web.shm_size',
      'W_COMPOSE_IGNORED spec.compose.services.web.ports[0]',
      'W_COMPOSE_IGNORED spec.compose.services.web.networks.default.priority',
    ]);
  });

  it('may order its services', async () => {
    const keys = 'depends_on: [db]\ndeploy: {replicas: 1}';
    const text = `${stack('shop', keys).trimEnd()}\n      db:\n        image: db\n`;
    const { issues } = await loadFiles({ 'h.yaml': HOSTS, 's.yaml': text });
    expect(issues).toEqual([]);
  });

  it('may have several replicas behind one port', async () => {
    const keys = 'ports: ["8080:80"]\ndeploy: {replicas: 3}';
    const { issues } = await loadFiles({ 'h.yaml': HOSTS, 's.yaml': stack('shop', keys) });
    expect(issues).toEqual([]);
  });
});
