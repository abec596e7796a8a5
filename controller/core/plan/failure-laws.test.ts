import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComposeModel } from '../../../schemas/domain/index.ts';
import { arbitraryModel, chooser } from '../../testing/arbitraries.ts';
import { INSTALLATION } from '../../testing/builders.ts';
import type { Behaviour } from '../../testing/model-engine.ts';
import { runPlan } from '../../testing/run-plan.ts';
import { Scene } from '../../testing/scene.ts';
import { judgeRollout } from '../health/judge-rollout.ts';
import { strategyOf } from './strategy.ts';

const RUNS = Number(process.env['LAW_RUNS'] ?? 300);
const FULL = { numRuns: RUNS };
/** Needs several replicas that change, which few random pairs have. */
const MORE = { numRuns: 4 * RUNS };
const PASSES = 40;
const DEADLINE_MS = 600_000;

const behaviour: fc.Arbitrary<Behaviour> = fc.constantFrom('well', 'unhealthy', 'exits', 'loops');

/** Passes with judgement, as the reconciler makes them, until nothing is left to do. */
function reconcile(scene: Scene, crash: () => number): void {
  const rolloutStartedMs = scene.engine.nowMs;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const verdicts = judgeRollout({
      installation: INSTALLATION,
      app: scene.app,
      unit: scene.unit,
      observed: scene.observed(),
      locks: scene.locks,
      failed: scene.failed,
      now: scene.engine.nowMs,
      rolloutStartedMs,
      readyBefore: scene.readyBefore,
    });
    scene.failed = [...scene.failed, ...verdicts];
    const { plan } = scene.plan();
    if (plan.operations.length === 0) return;
    runPlan(plan, scene.engine, { limit: crash() });
    // A pass that only waits is looked at again at the deadline at the latest.
    scene.engine.settle(DEADLINE_MS / 8);
  }
  expect(scene.plan().plan.operations.map(({ id }) => id)).toEqual([]);
}

function withImages(model: ComposeModel, version: string): ComposeModel {
  const services = Object.entries(model.services).map(([name, service]) => [
    name,
    { ...service, image: `${name}:${version}` },
  ]);
  return { ...model, services: Object.fromEntries(services) };
}

/** Thousands of plans: on a loaded machine that is minutes of waiting for a processor. */
const deadline = { timeout: 120_000 };

describe('laws of failure', deadline, () => {
  it('comes to rest whatever fails, and what served before serves again', () => {
    fc.assert(
      fc.property(
        arbitraryModel,
        arbitraryModel,
        fc.dictionary(fc.constantFrom('api', 'db', 'web'), behaviour),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        fc.constantFrom(0, 143),
        (first, second, behaviours, limits, stopCode) => {
          // What moved its host port to another service cannot be put back beside that one.
          fc.pre(!movesPorts(first, second));
          const scene = new Scene(withImages(first, '1'));
          scene.engine.stopCode = stopCode;
          scene.converge(20);
          const before = services(scene);
          scene.change(withImages(second, '2'));
          for (const [name, how] of Object.entries(behaviours)) {
            scene.engine.behaviours.set(`${name}:2`, how);
          }
          let at = 0;
          reconcile(scene, () => {
            at += 1;
            return at % 3 === 0 ? 1_000 : (limits[at % limits.length] ?? 1);
          });
          const after = services(scene);
          for (const name of Object.keys(scene.unit.model.services)) {
            const wanted = scene.unit.model.services[name]?.deploy?.replicas ?? 1;
            if (wanted > 0 && before.has(name)) expect(after).toContain(name);
          }
        },
      ),
      FULL,
    );
  });

  it('never runs two single writers of one replica, nor loses all replicas at once', () => {
    fc.assert(
      fc.property(
        arbitraryModel,
        arbitraryModel,
        fc.nat(12),
        chooser,
        (first, second, limit, pick) => {
          const scene = new Scene(first).converge(20);
          scene.change(second);
          const both = Object.keys(first.services).filter((name) => second.services[name]);
          scene.engine.onChange = () => {
            for (const name of both) expectSound(scene, name, first, second);
          };
          runPlan(scene.plan().plan, scene.engine, { limit, pick });
          scene.converge(20, pick);
        },
      ),
      MORE,
    );
  });
});

function movesPorts(first: ComposeModel, second: ComposeModel): boolean {
  const holders = (model: ComposeModel): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(model.services).flatMap(([name, { ports = [] }]) =>
        ports.map(({ published }) => [published ?? '', name] as const),
      ),
    );
  const after = holders(second);
  return [...holders(first)].some(([port, name]) => (after.get(port) ?? name) !== name);
}

/** Services with a container that is up. */
function services(scene: Scene): ReadonlySet<string> {
  const up = [...scene.engine.containers.values()].filter(({ state }) => state === 'running');
  return new Set(up.flatMap(({ owner }) => owner?.service ?? []));
}

function expectSound(scene: Scene, name: string, first: ComposeModel, second: ComposeModel): void {
  const service = second.services[name];
  const old = first.services[name];
  if (!service || !old) return;
  const up = [...scene.engine.containers.values()].filter(
    ({ owner, state }) => owner?.service === name && state === 'running',
  );
  const { singleWriter, parallelism } = strategyOf(service, second);
  if (singleWriter) {
    const numbers = up.map(({ owner }) => owner?.number);
    expect(new Set(numbers).size).toBe(numbers.length);
  }
  const replicas = Math.min(service.deploy?.replicas ?? 1, old.deploy?.replicas ?? 1);
  const isRemade = first.networks['back']?.internal !== second.networks['back']?.internal;
  const rolls = replicas >= 2 && parallelism < replicas && !isRemade;
  if (rolls) expect(up.length).toBeGreaterThan(0);
}
