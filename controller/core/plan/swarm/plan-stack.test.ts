import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService, EngineBody } from '../../../../schemas/domain/index.ts';
import { toAppId } from '../../../../schemas/domain/index.ts';
import { aModel } from '../../../testing/builders.ts';
import { SwarmScene } from '../../../testing/swarm-scene.ts';

const NOTHING = 'no changes';

const stack = (
  services: Readonly<Record<string, Partial<ComposeService>>> = { web: {} },
  over: Partial<ComposeModel> = {},
): ComposeModel => aModel(services, over);

const withConfig = {
  configs: { c: { content: '' } },
  secrets: { s: { content: '' } },
};
const webUsing: Partial<ComposeService> = {
  configs: [{ source: 'c', target: '/c' }],
  secrets: [{ source: 's', target: '/run/secrets/s' }],
};
const CONTENTS = { 'config:c': 'one', 'secret:s': 'hidden' };

const edited = (spec: EngineBody, container: EngineBody): EngineBody => {
  const template = spec['TaskTemplate'] as { ContainerSpec: EngineBody };
  const ContainerSpec = { ...template.ContainerSpec, ...container };
  return { ...spec, TaskTemplate: { ...template, ContainerSpec } };
};

describe('a stack that is new', () => {
  it('gets what its services need before them, and states how updates go', () => {
    const scene = new SwarmScene(stack({ web: webUsing }, withConfig), CONTENTS);
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on swarm:prod: 4 operations
        web: create: does not exist
          downtime: no
        1. create-network shop_default (does not exist)
        2. create-swarm-file config shop_c-HASH (does not exist)
        3. create-swarm-file secret shop_s-HASH (does not exist)
        4. create-service shop_web (does not exist)
      "
    `);
    expect(scene.converge().text()).toContain(NOTHING);
  });

  it('asks first what its images stand for', () => {
    const scene = new SwarmScene(stack());
    const { plan } = scene.plan({ locks: {} });
    expect(plan.provisional).toBe(true);
    expect(plan.operations.map(({ id }) => id)).toEqual(['resolve-image web:1']);
  });

  it('runs one image on every node, and only on nodes that can', () => {
    const scene = new SwarmScene(stack()).converge();
    const fields = scene.swarm.view().services[0]?.fields;
    expect(fields).toMatchObject({
      'ContainerSpec.Image': '"web:1@sha256:1"',
      'Placement.Platforms.linux/amd64': 'true',
      'UpdateConfig.FailureAction': '"rollback"',
    });
  });

  it('is watched for longer than a sick task needs to show', () => {
    const healthcheck = { test: ['CMD', 'x'], interval: '1s', timeout: '2s', start_period: '10s' };
    const scene = new SwarmScene(stack({ web: { healthcheck } })).converge();
    expect(scene.swarm.view().services[0]?.fields['UpdateConfig.Monitor']).toBe(String(24e9));
  });

  it('waits for an app that is not ready', () => {
    const scene = new SwarmScene(stack());
    expect(scene.text({ waitingOn: [toAppId('default', 'db')] })).toContain('await-app default/db');
  });
});

describe('a stack that is there', () => {
  it.each<[string, Partial<ComposeService>]>([
    ['the image', { image: 'web:2' }],
    ['replicas', { deploy: { replicas: 3 } }],
    ['the environment', { environment: { A: '1' } }],
    ['labels', { deploy: { labels: { a: 'b' } } }],
  ])('is updated by exactly one call for %s', (_what, change) => {
    const scene = new SwarmScene(stack()).converge().change(stack({ web: change }));
    expect(scene.plan().plan.operations.map(({ kind }) => kind)).toEqual(['update-service']);
    expect(scene.converge().text()).toContain(NOTHING);
  });

  it('says what changes, field by field, and never a value of the environment', () => {
    const scene = new SwarmScene(stack({ web: { environment: { A: 'secret-1' } } })).converge();
    scene.change(stack({ web: { image: 'web:2', environment: { A: 'secret-2' } } }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on swarm:prod: 1 operation
        web: update: environment A changed, image: web:1@sha256:1 -> web:2@sha256:1, deploy.labels com.docker.stack.image: web:1 -> web:2; rolled back if it fails, each task watched for 5 s
          downtime: yes (its tasks stop before new ones start; update_config.order: start-first avoids it)
        1. update-service shop_web (environment A changed, image: web:1@sha256:1 -> web:2@sha256:1, deploy.labels com.docker.stack.image: web:1 -> web:2)
      "
    `);
  });

  it('does nothing in 20 passes where nothing changes', () => {
    const scene = new SwarmScene(stack({ web: webUsing, db: {} }, withConfig), CONTENTS).converge();
    const calls = scene.swarm.calls.length;
    for (let pass = 0; pass < 20; pass += 1) scene.run();
    expect(scene.swarm.calls.length).toBe(calls);
  });

  it('rotates a config by a new one and one update, and keeps the old for a rollback', () => {
    const scene = new SwarmScene(stack({ web: webUsing }, withConfig), CONTENTS).converge();
    scene.change(stack({ web: webUsing }, withConfig), { ...CONTENTS, 'config:c': 'two' });
    expect(scene.plan().plan.operations.map(({ kind }) => kind)).toEqual([
      'create-swarm-file',
      'update-service',
    ]);
    scene.converge();
    expect(scene.swarm.files.size).toBe(3);
  });

  it('keeps the last two unused contents, and removes older ones', () => {
    const scene = new SwarmScene(stack({ web: webUsing }, withConfig), CONTENTS).converge();
    for (const text of ['2', '3', '4', '5', '6']) {
      scene.change(stack({ web: webUsing }, withConfig), { ...CONTENTS, 'config:c': text });
      scene.converge();
    }
    // The present one, the one before it (named by the previous spec), two more, and the secret.
    expect(scene.swarm.files.size).toBe(5);
  });

  it('brings the old content back under its old name after a revert', () => {
    const scene = new SwarmScene(stack({ web: webUsing }, withConfig), CONTENTS).converge();
    const before = scene.swarm.view().services[0]?.fields;
    scene.change(stack({ web: webUsing }, withConfig), { ...CONTENTS, 'config:c': 'two' });
    scene.converge().change(stack({ web: webUsing }, withConfig), CONTENTS);
    expect(scene.plan().plan.operations.map(({ kind }) => kind)).toEqual(['update-service']);
    scene.converge();
    expect(scene.swarm.view().services[0]?.fields).toEqual(before);
  });

  it('moves services to another network where one changes, and removes the old when unused', () => {
    const scene = new SwarmScene(stack()).converge();
    const networks = { default: { name: 'shop_default', internal: true } };
    scene.change(stack({ web: {} }, { networks }));
    expect(scene.text()).toContain('network default changed: services move to a new one');
    scene.converge();
    expect(scene.swarm.networks.size).toBe(2);
    scene.change(stack({ web: { image: 'web:2' } }, { networks })).converge();
    expect([...scene.swarm.networks.values()].map(({ name }) => name)).toEqual([
      expect.stringMatching(/^shop_default-[0-9a-f]{12}$/),
    ]);
  });

  it('makes a service anew where its mode changes, and says it is away meanwhile', () => {
    const scene = new SwarmScene(stack()).converge();
    scene.change(stack({ web: { deploy: { mode: 'global' } } }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on swarm:prod: 2 operations
        web: replace: deploy.mode: Replicated -> Global
          downtime: yes (a service cannot change its mode: it is made anew)
        1. remove-service shop_web (deploy.mode: Replicated -> Global)
        2. create-service shop_web (deploy.mode: Replicated -> Global)
      "
    `);
    expect(scene.converge().text()).toContain(NOTHING);
  });

  it('removes one whose mode changes only when what the new one depends on is as it must be', () => {
    const onDb = { depends_on: { db: { condition: 'service_healthy' as const, required: true } } };
    const asked = (mode: string, db: string) =>
      stack({ db: { image: db }, web: { deploy: { mode }, ...onDb } });
    const scene = new SwarmScene(asked('replicated', 'db:1')).converge();
    scene.change(asked('global', 'db:2'));
    const { operations } = scene.plan().plan;
    const [removal, creation] = operations.filter(({ resource }) => resource === 'shop_web');
    const wait = operations.find(({ kind }) => kind === 'await-service')?.id;
    expect([removal?.kind, creation?.kind]).toEqual(['remove-service', 'create-service']);
    expect(removal?.dependsOn).toContain(wait);
    expect(creation?.dependsOn).toContain(removal?.id);
    const specHash = scene.plan().specHashes.get('db') ?? '';
    scene.failed = [{ service: 'db', specHash, reason: 'CrashLoop', message: 'x' }];
    expect(scene.plan().plan.operations).toEqual([]);
    scene.failed = [];
    expect(scene.converge().text()).toContain(NOTHING);
  });

  it('removes a service that is no longer declared, after the rest', () => {
    const scene = new SwarmScene(stack({ web: {}, old: {} })).converge().change(stack());
    expect(scene.text()).toContain('remove-service shop_old (service old is no longer declared)');
    scene.converge();
    expect([...scene.swarm.services.values()].map(({ spec }) => spec['Name'])).toEqual([
      'shop_web',
    ]);
  });

  it('restarts where spec.restart changes, and only then', () => {
    const scene = new SwarmScene(stack()).converge().change(stack(), {}, { restart: 'again' });
    expect(scene.text()).toContain('labels skep.restart: unset ->');
    expect(scene.converge().text()).toContain(NOTHING);
  });
});

describe('drift of a stack', () => {
  it('is named field by field, and healed', () => {
    const scene = new SwarmScene(stack()).converge();
    scene.swarm.edit('shop_web', (spec) => ({
      ...edited(spec, { Image: 'web:9', Env: ['ADDED=1'] }),
      Mode: { Replicated: { Replicas: 5 } },
    }));
    scene.swarm.settle();
    const { plan } = scene.plan();
    expect(plan.operations.map(({ reason }) => reason)).toEqual(['drift']);
    expect(plan.operations[0]?.cause).toBe(
      'environment ADDED removed, image: web:9 -> web:1@sha256:1, replicas: 5 -> 1',
    );
    scene.converge();
    expect(scene.swarm.view().services[0]?.fields['Mode.Replicas']).toBe('1');
  });

  it('is told from a change by what the service itself says was applied', () => {
    const scene = new SwarmScene(stack()).converge();
    scene.swarm.edit('shop_web', (spec) => edited(spec, { Image: 'web:9' }));
    scene.lastApplied = undefined;
    expect(scene.plan().plan.operations[0]?.reason).toBe('drift');
    scene.change(stack({ web: { image: 'web:2' } }));
    expect(scene.plan().plan.operations[0]?.reason).toBe('change');
  });

  it('brings a removed service back', () => {
    const scene = new SwarmScene(stack()).converge();
    scene.swarm.services.clear();
    expect(scene.text()).toContain('create-service shop_web');
  });

  it('puts back a config’s label', () => {
    const configs = { c: { content: '', labels: { a: '1' } } };
    const model = stack({ web: { configs: [{ source: 'c', target: '/c' }] } }, { configs });
    const scene = new SwarmScene(model, CONTENTS).converge();
    for (const file of scene.swarm.files.values()) {
      file.spec = { ...file.spec, Labels: { ...(file.spec['Labels'] as object), a: '2' } };
    }
    const [operation] = scene.plan().plan.operations;
    expect(operation).toMatchObject({ kind: 'update-swarm-file', cause: 'label a: 2 -> 1' });
    expect(scene.converge().text()).toContain(NOTHING);
  });

  it('leaves replicas alone where they are somebody else’s to say', () => {
    const model = (image: string) => stack({ web: { image, 'x-skep': { ignore: ['replicas'] } } });
    const scene = new SwarmScene(model('web:1')).converge();
    scene.swarm.edit('shop_web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 7 } } }));
    scene.swarm.settle();
    expect(scene.text()).toContain(NOTHING);
    scene.change(model('web:2')).converge();
    expect(scene.swarm.view().services[0]?.fields['Mode.Replicas']).toBe('7');
  });
});

describe('jobs', () => {
  const job = (over: Partial<ComposeService> = {}) =>
    stack({ job: { deploy: { mode: 'replicated-job' }, ...over } });

  it('are run again by another template alone', () => {
    const scene = new SwarmScene(job()).converge();
    scene.change(job({ deploy: { mode: 'replicated-job', labels: { a: 'b' } } }));
    expect(scene.text()).toContain(NOTHING);
    scene.change(job({ image: 'job:2' }));
    expect(scene.text()).toContain('update-service shop_job');
    expect(scene.converge().text()).toContain(NOTHING);
  });

  it('are not run again for drift', () => {
    const scene = new SwarmScene(job()).converge();
    scene.swarm.edit('shop_job', (spec) => edited(spec, { Env: ['A=1'] }));
    scene.swarm.settle();
    expect(scene.text()).toContain(NOTHING);
  });
});

describe('depends_on', () => {
  const model = (condition: 'service_healthy' | 'service_completed_successfully') =>
    stack({ db: {}, web: { depends_on: { db: { condition, required: true } } } });

  it('holds a service back until what it depends on is ready', () => {
    const scene = new SwarmScene(model('service_healthy'));
    scene.run();
    expect(scene.swarm.named('shop_web')).toBeUndefined();
    scene.run();
    expect(scene.swarm.named('shop_web')).toBeUndefined();
    scene.swarm.settle();
    scene.run();
    expect(scene.swarm.named('shop_web')).toBeDefined();
  });

  it('holds it back for good behind one that failed', () => {
    const scene = new SwarmScene(model('service_healthy')).converge();
    scene.change(
      stack({
        db: { image: 'db:2' },
        web: {
          image: 'web:2',
          depends_on: { db: { condition: 'service_healthy', required: true } },
        },
      }),
    );
    const specHash = scene.plan().specHashes.get('db') ?? '';
    scene.failed = [{ service: 'db', specHash, reason: 'CrashLoop', message: 'x' }];
    const result = scene.plan();
    expect(result.plan.operations).toEqual([]);
    expect(result.failed).toHaveLength(1);
  });
});

describe('a service that failed and got well after all', () => {
  it('holds back nobody any more, and is healed like any other', () => {
    const onDb = { depends_on: { db: { condition: 'service_healthy' as const, required: true } } };
    const scene = new SwarmScene(stack({ db: {}, web: onDb })).converge();
    const specHash = scene.plan().specHashes.get('db') ?? '';
    scene.failed = [{ service: 'db', specHash, reason: 'DeadlineExceeded', message: 'x' }];
    scene.change(stack({ db: {}, web: { ...onDb, image: 'web:2' } }));
    expect(scene.plan().failed).toEqual([]);
    expect(scene.text()).toContain('update-service shop_web');
    scene.converge();
    scene.swarm.edit('shop_db', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 5 } } }));
    scene.swarm.settle();
    expect(scene.text()).toContain('update-service shop_db (replicas: 5 -> 1)');
  });
});

describe('what is not the stack’s', () => {
  it('is never touched, and is said to be in the way', () => {
    const scene = new SwarmScene(stack());
    scene.swarm.execute({
      kind: 'create-service',
      name: 'shop_web',
      body: { Name: 'shop_web', Mode: { Replicated: {} } },
      id: 'x',
      resource: 'x',
      cause: 'x',
      reason: 'change',
      dependsOn: [],
    });
    expect(scene.text()).toContain('NameTaken: service shop_web exists and is unmanaged');
    expect(scene.plan().plan.operations.map(({ kind }) => kind)).toEqual(['create-network']);
  });

  it.each([
    [
      'network',
      { networks: { default: { external: true, name: 'theirs' } } },
      {},
      'NetworkNotFound',
    ],
    [
      'config',
      { configs: { c: { external: true } } },
      { configs: [{ source: 'c' }] },
      'ConfigNotFound',
    ],
    [
      'secret',
      { secrets: { s: { external: true } } },
      { secrets: [{ source: 's' }] },
      'SecretNotFound',
    ],
  ])('blocks what needs an external %s that is missing', (_kind, over, service, reason) => {
    const scene = new SwarmScene(stack({ web: service }, over));
    expect(scene.plan().plan.blockers[0]?.reason).toBe(reason);
    expect(scene.swarm.named('shop_web')).toBeUndefined();
  });

  it('blocks a network or config whose name somebody else has', () => {
    const scene = new SwarmScene(stack({ web: webUsing }, withConfig), CONTENTS);
    const foreign = { id: 'n', name: 'shop_default', driver: 'overlay', scope: 'swarm' };
    scene.swarm.networks.set('n', foreign);
    expect(scene.plan().plan.blockers[0]?.reason).toBe('NameTaken');
    scene.swarm.networks.clear();
    const name = scene.plan().plan.operations.find(({ kind }) => kind === 'create-swarm-file');
    const spec = { Name: name?.resource.replace('config ', '') };
    scene.swarm.files.set('f', { id: 'f', kind: 'config', spec, created: 1 });
    expect(scene.plan().plan.blockers[0]?.reason).toBe('NameTaken');
  });
});

describe('a stack that is no longer declared', () => {
  it('goes as a whole, services first', () => {
    const scene = new SwarmScene(stack({ web: webUsing }, withConfig), CONTENTS).converge();
    const { app: _app, unit: _unit, ...rest } = { app: scene.app, unit: scene.unit };
    const orphan = scene.plan({ ...rest, app: undefined as never, unit: undefined as never });
    expect(orphan.plan.operations.map(({ kind }) => kind)).toEqual([
      'remove-service',
      'remove-swarm-file',
      'remove-swarm-file',
      'remove-network',
    ]);
    scene.run(orphan);
    const { services, files, networks } = scene.swarm;
    expect([services.size, files.size, networks.size]).toEqual([0, 0, 0]);
  });
});
