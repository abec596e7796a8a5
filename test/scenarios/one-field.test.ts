import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanDocument, ServiceChange } from '../../schemas/domain/index.ts';
import type { Daemons } from '../support/daemons.ts';
import { describeRequests, type RecordedRequest } from '../support/recorded-request.ts';
import { manifest, Scenario, type Service } from '../support/scenario.ts';
import { type Effect, ROWS, type Row } from './one-field.ts';

const BASE = { network_mode: 'none', stop_grace_period: '2s' };
/** Eighty services are deployed and then changed; each takes some 20 s. */
const TIMEOUT = '110s';
const HOOK_MS = 240_000;

/** Calls about one container, and about networks, that an effect comes to; in any order. */
const CALLS: Readonly<Record<Effect, readonly string[]>> = {
  replace: ['DELETE', 'POST create', 'POST rename', 'POST start', 'POST stop'],
  update: ['POST update'],
  rename: ['POST rename'],
  join: [],
  leave: [],
  rejoin: [],
  nothing: [],
};
const NETWORK_CALLS: Readonly<Record<Effect, readonly string[]>> = {
  replace: [],
  update: [],
  rename: ['default disconnect', 'default connect'],
  join: ['back connect'],
  leave: ['back disconnect'],
  rejoin: ['back disconnect', 'back connect'],
  nothing: [],
};
const ACTIONS: Readonly<Record<Effect, ServiceChange['action'] | undefined>> = {
  replace: 'replace',
  update: 'update',
  rename: 'update',
  join: 'update',
  leave: 'update',
  rejoin: 'update',
  nothing: undefined,
};

describe('one field of a service changed alone', () => {
  let scene: Scenario<Daemons>;
  let project: string;
  let changes: ReadonlyMap<string, ServiceChange>;
  let calls: readonly RecordedRequest[];
  /** Container id -> service, of all that were there before or after. */
  const serviceOf = new Map<string, string>();

  const files = (side: 'from' | 'to', spec: Service = {}) => {
    const rows = Object.entries(ROWS).map(([name, row]: readonly [string, Row]) => [
      name,
      named(name, { ...BASE, ...row[side] }),
    ]);
    return {
      ...scene.app('fields', {
        services: { ...Object.fromEntries(rows), target: { ...BASE, network_mode: undefined } },
        more: {
          networks: { default: null, back: { ipam: { config: [{ subnet: '172.31.78.0/24' }] } } },
          configs: { page: { content: 'page' } },
          secrets: { key: { file: './key.txt' } },
        },
        spec,
      }),
      'fields/one.env': 'FROM_FILE=yes\n',
      'fields/one.labels': 'example.from=file\n',
      'fields/key.txt': 'not so secret\n',
    };
  };

  /** A name of one's own holds for the whole engine. */
  const named = (name: string, service: Service) =>
    'container_name' in service ? { ...service, container_name: `${project}-${name}` } : service;

  const note = async () => {
    for (const [name, { id }] of await scene.containers('fields')) {
      serviceOf.set(id, shortName(name));
    }
  };

  const applied = async (sha: string) => {
    const { code, output } = await scene.wait(sha, TIMEOUT);
    expect(code, `${output}\n${scene.skep.log.slice(-4_000)}`).toBe(0);
  };

  const push = async (side: 'from' | 'to', spec: Service = {}) => {
    const sha = await scene.repo.push(files(side, spec));
    await applied(sha);
  };

  beforeAll(async () => {
    scene = await Scenario.daemons();
    project = scene.name('fields');
    await scene.skep.writePolicy(JSON.stringify({ allowPrivileged: true }));
    const privileges = ['privileged', 'bind:/'];
    await scene.repo.push({ 'project.yaml': manifest('Project', 'default', { privileges }) });
    await push('from');
    await note();
    await scene.repo.write(files('to'));
    changes = await planned();
    const mark = scene.proxy.mark();
    const sha = await scene.repo.push({});
    await applied(sha);
    calls = scene.proxy.mutating(mark);
    await note();
  }, HOOK_MS);

  afterAll(() => scene?.destroy());

  /** Of a call about one container: which service's, and what it does. */
  const about = ({ method, path, query }: RecordedRequest) => {
    const [, kind, id = '', act = ''] = path.split('/');
    if (kind !== 'containers') return undefined;
    if (id === 'create') {
      const name = new URLSearchParams(query).get('name') ?? '';
      return { service: shortName(name), call: 'POST create' };
    }
    return { service: serviceOf.get(id) ?? id, call: act ? `${method} ${act}` : method };
  };

  const shortName = (name: string) =>
    name
      .slice(project.length + 1)
      .replace(/\.(?:new|old)-.*$/, '')
      .replace(/-\d+$/, '');

  it.each(Object.entries(ROWS))('%s: is planned, named and done, and nothing else', (name, row) => {
    const { effect, field } = row;
    const own = calls.filter((call) => about(call)?.service === name);
    expect(own.map((call) => about(call)?.call ?? '').sort(), describeRequests(own)).toEqual(
      CALLS[effect],
    );
    const change = changes.get(name);
    expect(change?.action).toBe(ACTIONS[effect]);
    if (effect === 'nothing') return;
    const fields = (change?.fields ?? []).map((one) => one.field);
    const asked = field ?? Object.keys(row.to).find((key) => !(key in row.from)) ?? name;
    expect(
      fields.some((one) => one === asked || one.startsWith(`${asked}.`)),
      fields.join(),
    ).toBe(true);
  });

  it('moves containers between networks as planned, and makes no other call', () => {
    const others = calls.filter((call) => about(call) === undefined);
    const seen = others.map(({ path }) =>
      path.replace(`/networks/${project}_`, '').replace('/', ' '),
    );
    const wanted = Object.values(ROWS).flatMap(({ effect }) => NETWORK_CALLS[effect]);
    expect(seen.sort()).toEqual(wanted.sort());
    const known = new Set([...Object.keys(ROWS), 'target']);
    const strange = calls.filter((call) => !known.has(about(call)?.service ?? 'target'));
    expect(describeRequests(strange)).toBe('');
  });

  it('leaves nothing to do, as another pass shows', async () => {
    const mark = scene.proxy.mark();
    const sha = await scene.repo.push(files('to', { rollout: { deadline: '11m' } }));
    await scene.seen('fields', sha);
    expect((await planned()).size).toBe(0);
    expect(describeRequests(scene.proxy.mutating(mark))).toBe('');
  });

  /** What the clone, as it is now, would change: by service. */
  const planned = async () => {
    const { code, stdout } = await scene.skep.cli(
      ...['plan', '--dir', scene.repo.work, '--format', 'json'],
    );
    expect([0, 2], stdout).toContain(code);
    const { units } = JSON.parse(stdout) as PlanDocument;
    return new Map(units.flatMap((unit) => unit.changes.map((change) => [change.service, change])));
  };
});
