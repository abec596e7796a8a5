/** One stack on one swarm in memory, taken through changes and mishaps. */
import {
  type ComposeModel,
  type DesiredApp,
  type DesiredUnit,
  isAwait,
  type Operation,
  type RepositoryFile,
  sha256,
  toSwarmPlace,
} from '../../schemas/domain/index.ts';
import { isAwaited } from '../core/plan/await.ts';
import type { FailedMarkLike, PlanInput, PlanResult } from '../core/plan/input.ts';
import { planUnit } from '../core/plan/plan-unit.ts';
import { renderPlan } from '../core/plan/render-plan.ts';
import { anApp, anObservedUnit, aUnit, INSTALLATION } from './builders.ts';
import { ModelSwarm } from './model-swarm.ts';

const PLACE = toSwarmPlace('prod');

export class SwarmScene {
  readonly swarm = new ModelSwarm();
  unit: DesiredUnit;
  app: DesiredApp;
  failed: FailedMarkLike[] = [];
  lastApplied: string | undefined;

  constructor(model: ComposeModel, contents: Readonly<Record<string, string>> = {}) {
    this.unit = stackUnit(model, contents);
    this.app = anApp(this.unit);
  }

  change(
    model: ComposeModel,
    contents: Readonly<Record<string, string>> = {},
    over: Partial<DesiredApp> = {},
  ): this {
    this.unit = stackUnit(model, contents);
    this.app = anApp(this.unit, over);
    return this;
  }

  observed(reversed = false) {
    const swarm = this.swarm.view(reversed);
    return { ...anObservedUnit(), host: PLACE, key: this.unit.key, swarm };
  }

  plan(over: Partial<PlanInput> = {}): PlanResult {
    const images = Object.values(this.unit.model.services).flatMap(({ image }) => image ?? []);
    return planUnit({
      installation: INSTALLATION,
      app: this.app,
      unit: this.unit,
      observed: this.observed(),
      locks: Object.fromEntries(images.map((image) => [image, `${image}@sha256:1 linux/amd64`])),
      failed: this.failed,
      completed: [],
      now: 0,
      waitingOn: [],
      pruneVolumes: false,
      ...(this.lastApplied !== undefined && { lastApplied: this.lastApplied }),
      ...over,
    });
  }

  text(over: Partial<PlanInput> = {}): string {
    return renderPlan(this.plan(over).plan, 'text').replaceAll(/-[0-9a-f]{12}\b/g, '-HASH');
  }

  /** Carries a plan out as far as its waits let it; @returns how many operations that were. */
  run({ plan }: PlanResult = this.plan(), limit = Number.POSITIVE_INFINITY): number {
    const done = new Set<string>();
    const isOpen = ({ dependsOn }: Operation) => dependsOn.every((id) => done.has(id));
    for (const operation of plan.operations) {
      if (done.size >= limit) break;
      if (!isOpen(operation)) continue;
      if (isAwait(operation)) {
        if (isAwaited(operation, this.observed(), 0).ready) done.add(operation.id);
      } else if (operation.kind !== 'resolve-image') {
        this.swarm.execute(operation);
        done.add(operation.id);
      }
    }
    return done.size;
  }

  /** Passes until nothing is left to do. @throws Error where that never comes. */
  converge(passes = 12): this {
    for (let pass = 0; pass < passes; pass += 1) {
      const result = this.plan();
      if (result.plan.operations.length === 0) {
        this.lastApplied = this.unit.fingerprint;
        return this;
      }
      this.run(result);
      this.swarm.settle();
    }
    throw new Error(`not converged:\n${this.text()}`);
  }
}

function stackUnit(model: ComposeModel, contents: Readonly<Record<string, string>>): DesiredUnit {
  const files = new Map(
    Object.entries(contents).map(([path, text]): [string, RepositoryFile] => [
      path,
      { sha256: sha256(text), size: text.length, executable: false },
    ]),
  );
  const fingerprint = sha256(JSON.stringify([model, contents]));
  return aUnit(model, { host: PLACE, files, fingerprint });
}
