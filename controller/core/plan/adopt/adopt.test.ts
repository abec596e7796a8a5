import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService } from '../../../../schemas/domain/index.ts';
import { aContainer, aModel } from '../../../testing/builders.ts';
import { aComposed, aComposedNetwork, aComposedVolume } from '../../../testing/foreign.ts';
import { Scene } from '../../../testing/scene.ts';

type Services = Readonly<Record<string, Partial<ComposeService>>>;

/** What runs is a Compose project of `running`; the repository asks for `asked`. */
function composed(running: Services, asked: Services = running, adopt = true): Scene {
  const model = aModel(running);
  const scene = new Scene(aModel(asked), { adopt });
  addProject(scene, model);
  return scene;
}

function addProject(scene: Scene, model: ComposeModel): void {
  scene.engine.networks.set('shop_default', aComposedNetwork('shop'));
  for (const service of Object.keys(model.services)) {
    const made = aComposed(model, service);
    const imageId = scene.observed().image(made.image)?.id ?? 'sha256:unknown';
    scene.engine.addContainer({ ...made, imageId });
  }
}

const touched = (scene: Scene) => scene.engine.calls.filter((call) => !call.startsWith('adopt '));

describe('a Compose project of the same name', () => {
  it('is taken over as it is, without a change, where it is as asked for', () => {
    const scene = composed({ web: { environment: { A: '1' } }, db: { image: 'db:1' } });
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: no changes
        takes over network shop_default: as it is
        takes over container shop-db-1: as it is
        takes over container shop-web-1: as it is
      "
    `);
    scene.converge();
    expect(touched(scene)).toEqual([]);
    expect(scene.text()).toBe('default/shop on web-01: no changes\n');
  });

  it('is replaced like any other where it differs, and the cause names the fields', () => {
    const scene = composed(
      { web: { environment: { A: '1' } }, db: { image: 'db:1' } },
      { web: { environment: { A: '2', B: '1' } }, db: { image: 'db:1' } },
    );
    expect(scene.text()).toContain(
      'web: replace: adopt: differs in environment.A, environment.B\n',
    );
    expect(scene.text()).not.toContain('shop-db-1 (');
    scene.converge();
    expect(scene.engine.named('shop-web-1').adopted).toBeUndefined();
    expect(scene.engine.named('shop-db-1').adopted).toBe(true);
  });

  it('names the image where that is another one', () => {
    const scene = composed({ web: {} }, { web: { image: 'web:2' } });
    expect(scene.text()).toContain('web: replace: adopt: differs in image\n');
  });

  it('is left alone without spec.adopt, and the blocker says what to do', () => {
    const scene = composed({ web: {} }, { web: {} }, false);
    expect(scene.plan().plan.operations).toEqual([]);
    expect(scene.plan().plan.adoptions).toEqual([]);
    expect(scene.text()).toContain(
      'NameTaken: container name shop-web-1 is held by unmanaged container shop-web-1; remove or rename that one, or take it over with spec.adopt: true',
    );
  });

  it('is not doubled under the names of an older Compose', () => {
    const scene = new Scene(aModel({ web: { network_mode: 'none' } }));
    const running = aComposed(scene.unit.model, 'web', 1, { name: 'shop_web_1', networks: [] });
    scene.engine.addContainer(running);
    expect(scene.plan().plan.operations).toEqual([]);
    expect(scene.text()).toContain(
      'web: NameTaken: web runs already as unmanaged container shop_web_1, made by Docker Compose for a project of that name (shop): take it over with spec.adopt: true, remove it, or set another spec.projectName',
    );
  });

  it('keeps the names an older Compose gave it, until it is replaced', () => {
    const scene = composed({ web: {} });
    const made = scene.engine.named('shop-web-1');
    const [attached] = made.networks;
    made.name = 'shop_web_1';
    if (attached) made.networks = [{ ...attached, aliases: ['web'] }];
    scene.converge();
    expect(touched(scene)).toEqual([]);
    scene.change(aModel({ web: { environment: { A: '1' } } }), { adopt: true }).converge();
    expect([...scene.engine.containers.values()].map(({ name }) => name)).toEqual(['shop-web-1']);
  });

  it('gets the name another service knows it by', () => {
    const scene = composed({ web: {}, side: { image: 'side:1', network_mode: 'service:web' } });
    const web = scene.engine.named('shop-web-1');
    const side = scene.engine.named('shop-side-1');
    side.networks = [];
    side.config = aComposedAt(scene, 'side', web.id);
    web.name = 'shop_web_1';
    expect(scene.text()).toContain('rename-container shop_web_1 -> shop-web-1');
    scene.converge();
    expect(touched(scene)).toEqual(['rename-container shop_web_1']);
  });

  it('scales down what runs too often, and leaves services alone that are not declared', () => {
    const scene = composed({ web: {} });
    const { model } = scene.unit;
    scene.engine.addContainer({ ...aComposed(model, 'web', 2), imageId: 'sha256:other' });
    const other = aModel({ web: {}, other: { image: 'other:1' } });
    scene.engine.addContainer(aComposed(other, 'other'));
    scene.converge();
    const names = [...scene.engine.containers.values()].map(({ name }) => name);
    expect(names.sort()).toEqual(['shop-other-1', 'shop-web-1']);
  });

  it('takes over no container that was run once, and none of another project', () => {
    const scene = composed({ web: {} });
    const web = scene.engine.named('shop-web-1');
    web.compose = { project: 'shop', service: 'web', number: 1, oneOff: true };
    expect(scene.plan().plan.adoptions.map(({ resource }) => resource)).toEqual([
      'network shop_default',
    ]);
    web.compose = { project: 'blog', service: 'web', number: 1 };
    expect(scene.text()).toContain('it is of the Compose project blog, so it is not taken over');
  });

  it('keeps the image it runs, also where the tag has moved since', () => {
    const scene = composed({ web: {} });
    const web = scene.engine.named('shop-web-1');
    const old = { id: 'sha256:old', tags: [], digests: [], os: 'linux', architecture: 'amd64' };
    scene.engine.images.set('old', old);
    web.imageId = 'sha256:old';
    const { plan, locks } = scene.plan();
    expect(plan.operations).toEqual([]);
    expect(locks).toEqual({ 'web:1': 'sha256:old' });
    scene.engine.images.delete('old');
    scene.locks = {};
    expect(scene.plan().locks).toEqual({ 'web:1': 'sha256:old' });
  });

  it('is removed with its app', () => {
    const scene = composed({ web: {} }).converge();
    const { plan } = scene.plan({ app: undefined as never, unit: undefined as never });
    expect(plan.operations.map(({ id }) => id)).toEqual([
      'stop-container shop-web-1',
      'remove-container shop-web-1',
      'remove-network shop_default',
    ]);
  });

  it('brings limits in line without a new container', () => {
    const scene = composed({ web: {} }, { web: { cpu_shares: 7 } });
    expect(scene.text()).toContain('update-container shop-web-1 (cpu_shares: unset → 7)');
    expect(scene.text()).not.toContain('create-container');
  });
});

describe('a container that was run by hand', () => {
  const byHand = { web: { container_name: 'front', network_mode: 'bridge' } };

  it('is taken over by its name', () => {
    const scene = new Scene(aModel(byHand), { adopt: true });
    const { compose: _none, ...made } = aComposed(scene.unit.model, 'web', 1, { networks: [] });
    scene.engine.addContainer({ ...made, imageId: scene.observed().image('web:1')?.id ?? '' });
    scene.converge();
    expect(scene.engine.named('front').owner?.service).toBe('web');
    expect(touched(scene)).toEqual([]);
  });

  it('is left alone where nothing is known of it', () => {
    const scene = new Scene(aModel(byHand), { adopt: true });
    scene.engine.addContainer(aContainer({ name: 'front' }));
    expect(scene.plan().plan.adoptions).toEqual([]);
    expect(scene.text()).toContain('it is not of a kind that is taken over');
  });
});

describe('networks and volumes of a Compose project', () => {
  const withData = {
    web: { volumes: [{ type: 'volume' as const, source: 'data', target: '/d' }] },
  };

  it('takes over a volume that is as asked for', () => {
    const model = aModel(withData, { volumes: { data: {} } });
    const scene = new Scene(model, { adopt: true });
    addProject(scene, model);
    scene.engine.volumes.set('shop_data', aComposedVolume('shop', 'data'));
    scene.converge();
    expect(scene.engine.volumes.get('shop_data')?.owner).toBeDefined();
    expect(touched(scene)).toEqual([]);
  });

  it('leaves a volume with other settings alone, and says which', () => {
    const scene = new Scene(aModel(withData, { volumes: { data: {} } }), { adopt: true });
    const other = aComposedVolume('shop', 'data', { Options: { type: 'nfs' } });
    scene.engine.volumes.set('shop_data', other);
    expect(scene.text()).toContain(
      'VolumeDiverged: volume shop_data is not taken over: it differs from data in driver_opts',
    );
    expect(scene.plan().plan.adoptions).toEqual([]);
  });

  it('makes a network with other settings anew, with what is on it', () => {
    const scene = composed({ web: {} });
    scene.engine.networks.set('shop_default', aComposedNetwork('shop', { Internal: true }));
    expect(scene.text()).toContain('takes over network shop_default: differs in internal');
    expect(scene.text()).toContain('remove-network shop_default');
    scene.converge();
    expect(scene.engine.networks.get('shop_default')?.config).toBeUndefined();
  });
});

/** A sidecar's configuration, with the id where its request has a name. */
function aComposedAt(scene: Scene, service: string, id: string) {
  const { services } = scene.unit.model;
  const named = { ...services[service], network_mode: `container:${id}` };
  const model = { ...scene.unit.model, services: { ...services, [service]: named } };
  return aComposed(model, service).config ?? { salt: '', fields: {}, implied: [] };
}
