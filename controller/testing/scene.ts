import { imageName } from '../../engine/names.ts';
import {
  type ComposeModel,
  type DesiredApp,
  type DesiredUnit,
  type ObservedUnit,
  type SpecFields,
  sha256,
} from '../../schemas/domain/index.ts';
import { type PlanInput, type PlanResult, planUnit } from '../core/plan/plan-unit.ts';
import { renderPlan } from '../core/plan/render-plan.ts';
import { aModel, anApp, aUnit, INSTALLATION } from './builders.ts';
import { ModelEngine } from './model-engine.ts';
import { type RunOptions, runPlan } from './run-plan.ts';

/** A unit, a model engine and what the controller remembers between passes. */
export class Scene {
  readonly engine = new ModelEngine();
  app: DesiredApp;
  unit: DesiredUnit;
  locks: Record<string, string> = {};
  failed: PlanInput['failed'] = [];
  completed: PlanInput['completed'] = [];
  lastApplied: string | undefined;
  waitingOn: PlanInput['waitingOn'] = [];
  /** What each spec hash was made of. */
  readonly specs = new Map<string, SpecFields>();
  /** Ids of containers that have been ready. */
  readyBefore: ReadonlySet<string> = new Set();

  constructor(model: ComposeModel = aModel(), app: Partial<DesiredApp> = {}) {
    this.unit = aUnit(model);
    this.app = anApp(this.unit, app);
    this.addImages();
  }

  /** The images of the present model are on the host. */
  addImages(): void {
    const { model } = this.unit;
    for (const key of Object.keys(model.services)) this.engine.addImages(imageName(model, key));
  }

  /** Git asks for something else; its images are on the host. */
  change(model: ComposeModel, app: Partial<DesiredApp> = {}): this {
    this.unit = aUnit(model);
    this.app = anApp(this.unit, app);
    this.locks = {};
    this.failed = [];
    this.addImages();
    return this;
  }

  observed(): ObservedUnit {
    return this.engine.observed();
  }

  plan(over: Partial<PlanInput> = {}): PlanResult {
    const result = planUnit({
      installation: INSTALLATION,
      app: this.app,
      unit: this.unit,
      observed: this.observed(),
      locks: this.locks,
      failed: this.failed,
      completed: this.completed,
      now: this.engine.nowMs,
      waitingOn: this.waitingOn,
      pruneVolumes: false,
      ...(this.lastApplied !== undefined && { lastApplied: this.lastApplied }),
      memory: {
        fields: (service, specHash) => this.specs.get(`${service} ${specHash}`),
        digest: (text) => sha256(`scene ${text}`).slice(0, 16),
      },
      ...over,
    });
    for (const { service, specHash, fields } of result.learnt) {
      this.specs.set(`${service} ${specHash}`, fields);
    }
    this.locks = { ...this.locks, ...result.locks };
    return result;
  }

  /** The plan as people read it, without the digits of hashes and ids. */
  text(over: Partial<PlanInput> = {}): string {
    const text = renderPlan(this.plan(over).plan, 'text');
    return text.replaceAll(/\.(new|old)-[0-9a-f]{8}/g, '.$1-*');
  }

  /** Carries out the first operations of the present plan, as far as a crash lets it come. */
  crashAfter(limit: number): this {
    runPlan(this.plan().plan, this.engine, { limit });
    return this;
  }

  /** Plans and executes until nothing is left. @throws Error when it does not come to an end. */
  converge(passes = 12, pick: RunOptions['pick'] = () => 0): this {
    for (let pass = 0; pass < passes; pass += 1) {
      const { plan } = this.plan();
      if (plan.adoptions.length > 0) {
        runPlan({ ...plan, operations: plan.adoptions }, this.engine);
        continue;
      }
      if (plan.operations.length === 0) {
        this.engine.settle();
        this.lastApplied = this.unit.fingerprint;
        this.readyBefore = new Set(this.engine.containers.keys());
        return this;
      }
      runPlan(plan, this.engine, { pick });
      this.engine.settle();
    }
    throw new Error('does not converge');
  }

  /** Marks a service's present spec as one that ran and failed. */
  fail(service: string, reason = 'HealthProbeFailing', message = 'web is unhealthy'): this {
    const specHash = this.plan().specHashes.get(service) ?? '';
    this.failed = [...this.failed, { service, specHash, reason, message }];
    return this;
  }
}
