import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText, compareText } from '../../../schemas/domain/index.ts';
import { arbitraryMishap, arbitraryModel, chooser } from '../../testing/arbitraries.ts';
import { aContainer } from '../../testing/builders.ts';
import { befall } from '../../testing/mishap.ts';
import { runPlan } from '../../testing/run-plan.ts';
import { Scene } from '../../testing/scene.ts';
import { renderPlan } from './render-plan.ts';

const RUNS = Number(process.env['LAW_RUNS'] ?? 300);
const FULL = { numRuns: RUNS };

const step = fc.record({
  model: arbitraryModel,
  limit: fc.nat(14),
  mishap: arbitraryMishap,
});

describe('laws of the planner', () => {
  it('leaves nothing to do once carried out', () => {
    fc.assert(
      fc.property(arbitraryModel, arbitraryModel, chooser, (first, second, pick) => {
        const scene = new Scene(first).converge().change(second);
        for (let pass = 0; pass < 12; pass += 1) {
          const { plan } = scene.plan();
          if (plan.operations.length === 0) return;
          runPlan(plan, scene.engine, { pick });
          scene.engine.settle();
        }
        expect(renderPlan(scene.plan().plan, 'text')).toContain('no changes');
      }),
      FULL,
    );
  });

  it('finds the rest of the way after a crash anywhere and a mishap', () => {
    fc.assert(
      fc.property(
        arbitraryModel,
        fc.array(step, { minLength: 1, maxLength: 4 }),
        chooser,
        (first, steps, pick) => {
          const scene = new Scene(first).converge();
          for (const { model, limit, mishap } of steps) {
            scene.change(model);
            runPlan(scene.plan().plan, scene.engine, { pick, limit });
            befall(scene.engine, mishap);
          }
          scene.converge(20);
          expect(scene.plan().plan.operations).toEqual([]);
          expectAsDesired(scene);
        },
      ),
      FULL,
    );
  });

  it('orders operations after what they depend on', () => {
    fc.assert(
      fc.property(arbitraryModel, step, (first, { model, limit, mishap }) => {
        const scene = new Scene(first).converge();
        scene.change(model);
        runPlan(scene.plan().plan, scene.engine, { limit });
        befall(scene.engine, mishap);
        const seen = new Set<string>();
        for (const { id, dependsOn } of scene.plan().plan.operations) {
          for (const other of dependsOn) expect(seen).toContain(other);
          expect(seen).not.toContain(id);
          seen.add(id);
        }
      }),
      FULL,
    );
  });

  it('gives byte-identical plans for equal inputs in whatever order they are observed', () => {
    fc.assert(
      fc.property(arbitraryModel, step, (first, { model, limit, mishap }) => {
        const scene = new Scene(first).converge();
        scene.change(model);
        runPlan(scene.plan().plan, scene.engine, { limit });
        befall(scene.engine, mishap);
        const once = scene.plan().plan;
        const reversed = [...scene.engine.containers.entries()].reverse();
        scene.engine.containers.clear();
        for (const [id, container] of reversed) scene.engine.containers.set(id, container);
        const unit = structuredClone({ ...scene.unit, files: [] });
        const again = scene.plan({ unit: { ...unit, files: scene.unit.files } }).plan;
        expect(canonicalText(again)).toBe(canonicalText(once));
        expect(JSON.stringify(again)).toBe(JSON.stringify(once));
      }),
      FULL,
    );
  });

  it('never names what it does not own', () => {
    fc.assert(
      fc.property(arbitraryModel, step, (first, { model, limit, mishap }) => {
        const scene = new Scene(first);
        const stranger = aContainer({ name: 'shop-web-1' });
        scene.engine.addContainer(stranger);
        scene.engine.networks.set('shop_back', {
          id: 'foreign',
          name: 'shop_back',
          driver: 'bridge',
          scope: 'local',
        });
        scene.engine.volumes.set('shop_more', { name: 'shop_more', driver: 'local' });
        const check = (): void => {
          const { plan } = scene.plan();
          for (const operation of plan.operations) {
            const text = JSON.stringify({ ...operation, body: undefined });
            expect(text).not.toContain(stranger.id);
            if (operation.kind === 'remove-network') expect(operation.network).not.toBe('foreign');
            if (operation.kind === 'remove-volume') throw new Error('volumes are not pruned');
          }
          tolerating(/port \d+ is already allocated/, () => runPlan(plan, scene.engine, { limit }));
        };
        check();
        befall(scene.engine, mishap);
        scene.change(model);
        check();
        expect(scene.engine.named('shop-web-1')).toEqual(stranger);
      }),
      FULL,
    );
  });
});

/** Every declared replica is there, runs what is asked, and nothing else is. */
function expectAsDesired(scene: Scene): void {
  const { specHashes } = scene.plan();
  const wanted = Object.entries(scene.unit.model.services).flatMap(([service, spec]) =>
    Array.from({ length: spec.deploy?.replicas ?? 1 }, (_, index) => [
      `shop-${service}-${index + 1}`,
      specHashes.get(service),
      'running',
    ]),
  );
  const present = [...scene.engine.containers.values()].map(({ name, owner, state }) => [
    name,
    owner?.specHash,
    state,
  ]);
  const sorted = (rows: readonly unknown[]) =>
    rows.map((row) => JSON.stringify(row)).toSorted(compareText);
  expect(sorted(present)).toEqual(sorted(wanted));
}

/** A blocked service may want its old host port back while another one has taken it: no harm. */
function tolerating(refusal: RegExp, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Error && refusal.test(error.message))) throw error;
  }
}
