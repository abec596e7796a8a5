import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService } from '../../../../schemas/domain/index.ts';
import { aModel } from '../../../testing/builders.ts';
import { SwarmScene } from '../../../testing/swarm-scene.ts';

interface Desired {
  readonly model: ComposeModel;
  readonly contents: Readonly<Record<string, string>>;
}

const service = fc.record({
  image: fc.constantFrom('a:1', 'a:2'),
  replicas: fc.constantFrom(undefined, 0, 3),
  mode: fc.constantFrom('replicated', 'replicated', 'global', 'replicated-job'),
  environment: fc.constantFrom({}, { A: '1' }, { A: '2', B: '3' }),
  uses: fc.boolean(),
  after: fc.boolean(),
});

const desired: fc.Arbitrary<Desired> = fc
  .record({
    services: fc.dictionary(fc.constantFrom('db', 'web', 'job'), service, { minKeys: 1 }),
    internal: fc.boolean(),
    content: fc.constantFrom('one', 'two', 'three'),
  })
  .map(({ services, internal, content }) => {
    const built = Object.entries(services).map(([name, one]): [string, Partial<ComposeService>] => {
      const { image, replicas, mode, environment, uses, after } = one;
      const deploy = { mode, ...(replicas && mode === 'replicated' && { replicas }) };
      const condition = { condition: 'service_healthy', required: true } as const;
      return [
        name,
        {
          image,
          environment,
          deploy,
          ...(uses && { configs: [{ source: 'c', target: '/c' }] }),
          ...(after && name === 'web' && services['db'] && { depends_on: { db: condition } }),
        },
      ];
    });
    const networks = { default: { name: 'shop_default', internal } };
    const model = aModel(Object.fromEntries(built), { networks, configs: { c: { content: '' } } });
    return { model, contents: { 'config:c': content } };
  });

const sceneOf = ({ model, contents }: Desired) => new SwarmScene(model, contents);

function expectReferredStay(scene: SwarmScene): void {
  const result = scene.plan();
  const view = scene.swarm.view();
  for (const operation of result.plan.operations) {
    if (operation.kind !== 'remove-swarm-file') continue;
    const name = operation.resource.split(' ')[1] ?? '';
    expect(view.isReferred(operation.file, name)).toBe(false);
  }
  scene.run(result);
  scene.swarm.settle();
}

describe('laws of the planner of stacks', () => {
  it('leaves nothing to do once carried out, whatever was there before', () => {
    fc.assert(
      fc.property(desired, desired, (first, second) => {
        const scene = sceneOf(first).converge();
        scene.change(second.model, second.contents).converge();
        expect(scene.plan().plan.operations).toEqual([]);
      }),
    );
  });

  it('finds the rest of the way after a crash anywhere', () => {
    fc.assert(
      fc.property(desired, desired, fc.nat(6), (first, second, limit) => {
        const scene = sceneOf(first).converge();
        scene.change(second.model, second.contents);
        scene.run(scene.plan(), limit);
        scene.converge();
      }),
    );
  });

  it('puts everything right that somebody moved, but for jobs', () => {
    fc.assert(
      fc.property(desired, (first) => {
        const scene = sceneOf(first).converge();
        for (const { fields, name } of scene.swarm.view().services) {
          if (fields['Mode']?.includes('Job')) continue;
          scene.swarm.edit(name, (spec) => ({
            ...spec,
            Labels: { ...(spec['Labels'] as object), x: 'y' },
          }));
        }
        for (const { reason } of scene.plan().plan.operations) expect(reason).toBe('drift');
        scene.converge();
        for (const { fields } of scene.swarm.view().services) {
          expect(fields).not.toHaveProperty('Labels.x');
        }
      }),
    );
  });

  it('makes no call in any number of passes over a converged swarm', () => {
    fc.assert(
      fc.property(desired, (first) => {
        const scene = sceneOf(first).converge();
        const calls = scene.swarm.calls.length;
        for (let pass = 0; pass < 5; pass += 1) scene.run();
        expect(scene.swarm.calls.length).toBe(calls);
      }),
    );
  });

  it('gives equal plans in whatever order objects are told', () => {
    fc.assert(
      fc.property(desired, desired, fc.nat(6), (first, second, limit) => {
        const scene = sceneOf(first).converge();
        scene.change(second.model, second.contents);
        scene.run(scene.plan(), limit);
        const reversed = scene.plan({ observed: scene.observed(true) });
        expect(JSON.stringify(reversed.plan)).toBe(JSON.stringify(scene.plan().plan));
      }),
    );
  });

  it('orders operations after what they depend on', () => {
    fc.assert(
      fc.property(desired, desired, (first, second) => {
        const scene = sceneOf(first).converge();
        scene.change(second.model, second.contents);
        const seen = new Set<string>();
        for (const { id, dependsOn } of scene.plan().plan.operations) {
          for (const other of dependsOn) expect(seen).toContain(other);
          seen.add(id);
        }
      }),
    );
  });

  it('never removes what a spec, or the spec before it, names', () => {
    fc.assert(
      fc.property(fc.array(desired, { minLength: 2, maxLength: 4 }), (steps) => {
        const scene = new SwarmScene(aModel({}));
        for (const { model, contents } of steps) {
          scene.change(model, contents);
          for (let pass = 0; pass < 8; pass += 1) expectReferredStay(scene);
        }
      }),
    );
  });
});
