import { describe, expect, it } from 'vitest';
import { loadCompose } from './load-compose.ts';
import type { Target } from './support.ts';

const FILES: Readonly<Record<string, string>> = {
  '/p/compose.yaml': `services:
  web:
    image: "web:$TAG-alpine"
    container_name: one
    env_file: web.env
    environment: {EMPTY: "", BARE: , OWN: x}
  db: {image: "db:\${TAG}", container_name: one, depends_on: [web, none]}
configs: {unused: {content: x}}
secrets: {unused: {file: ./web.env}}
`,
  '/p/web.env': "QUOTED='q'\nUSES=$TAG\n",
  '/p/.env': "TAG='1'\nREF=$TAG\nEMPTY=from-env\nBARE=bare\nOWN=y\n",
};

const MODE = `services: {a: {image: a, network_mode: host, networks: [n]}}
networks: {n: {}}
`;

function load(target: Target, texts = FILES) {
  return loadCompose({
    files: ['/p/compose.yaml'],
    projectDirectory: '/p',
    target,
    readFile(path) {
      const text = texts[path];
      if (text === undefined) return { kind: 'missing' };
      return { kind: 'file', bytes: new TextEncoder().encode(text) };
    },
  });
}

describe('a file for a swarm', () => {
  it('is read as docker stack reads it', () => {
    const web = load('swarm').model?.services['web'];
    expect(web?.image).toBe('web:1');
    expect(web?.environment).toEqual({
      QUOTED: "'q'",
      USES: '$TAG',
      EMPTY: 'from-env',
      BARE: 'bare',
      OWN: 'x',
    });
  });

  it('has the configs and secrets that nobody uses, too', () => {
    const model = load('swarm').model;
    expect(Object.keys(model?.configs ?? {})).toEqual(['unused']);
    expect(Object.keys(model?.secrets ?? {})).toEqual(['unused']);
  });

  it('may have networks beside a mode, which a swarm passes over', () => {
    const { issues } = load('swarm', { '/p/compose.yaml': MODE });
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(load('container', { '/p/compose.yaml': MODE }).issues).toContainEqual(
      expect.objectContaining({ code: 'E_COMPOSE_VALUE', path: 'services.a.network_mode' }),
    );
  });

  it('may name two containers alike, and wait for what is not there: a swarm heeds neither', () => {
    expect(load('swarm').issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('a file for containers', () => {
  it('may not name two of them alike', () => {
    expect(load('container').issues.map(({ code, line }) => [code, line])).toContainEqual([
      'E_CONTAINER_NAME',
      7,
    ]);
  });

  it('may wait for nothing that is not there', () => {
    expect(load('container').issues.map(({ code }) => code)).toContain('E_DEPENDENCY_UNKNOWN');
  });
});
