import type {
  AppliedSpec,
  DesiredApp,
  DesiredUnit,
  ObservedContainer,
  Operation,
  Plan,
} from '../../../schemas/domain/index.ts';
import { adoptCandidates } from './adopt/adopt.ts';
import { candidatesOf } from './adopt/candidates.ts';
import { planService } from './containers.ts';
import type { Context, ServiceSituation } from './context.ts';
import { append, emptyDraft } from './draft.ts';
import { failedNumbers } from './failures.ts';
import { type HardenedService, type HardenedUnit, hardenUnit } from './harden-unit.ts';
import { planAfterHooks, planBeforeHooks } from './hooks.ts';
import { planImageRemovals } from './image-removal.ts';
import { type ResolvedImage, resolveImages } from './images.ts';
import type { PlanInput, PlanResult } from './input.ts';
import { keepFields, sealingOf } from './keep-fields.ts';
import { modesOf, obstaclesOf } from './modes.ts';
import { isBeside, isParked } from './names.ts';
import {
  hasChanged,
  planChangedNetworks,
  planFiles,
  planMissingNetworks,
  planVolumes,
} from './objects.ts';
import { planOrphan } from './orphan.ts';
import { planPrune, planScaleDown, unusedVolumes } from './prune.ts';
import { isEmpty, type ServiceSlots, slotsOf } from './slots.ts';
import { specFields } from './spec-fields.ts';
import { changesOf } from './summary.ts';
import { planOrphanStack } from './swarm/orphan-stack.ts';
import { planStack } from './swarm/plan-stack.ts';

export type { CompletionLike, FailedMarkLike, PlanInput, PlanResult } from './input.ts';

/**
 * The rest of the way from what is observed to what is desired, for one app on one host. Pure and
 * level-triggered: planned again in the middle of a rollout, it gives what is left of it. Equal
 * inputs give byte-identical plans.
 */
export function planUnit(input: PlanInput): PlanResult {
  const { app, unit } = input;
  const { swarm } = input.observed;
  if (swarm)
    return app && unit ? planStack(input, app, unit, swarm) : planOrphanStack(input, swarm);
  return app && unit ? planDeclared(input, app, unit) : planOrphan(input);
}

function planDeclared(input: PlanInput, app: DesiredApp, unit: DesiredUnit): PlanResult {
  const { installation, observed, locks } = input;
  const candidates = candidatesOf(app, unit, observed);
  const foreign = candidates.containers.map(({ container }) => container);
  const images = resolveImages({ unit, app, observed, locks, foreign });
  const { discarded = [] } = observed.engine;
  const hardened = hardenUnit({ installation, app, unit, images, discarded });
  const adopted = adoptCandidates(input, hardened, candidates);
  const context = contextOf({ ...input, observed: adopted.observed }, app, unit, hardened);
  context.draft.blockers.push(...adopted.blockers);
  planPulls(context, images);
  planAppWaits(context);
  planFiles(context);
  planMissingNetworks(context);
  planVolumes(context);
  planBeforeHooks(context);
  planChangedNetworks(context);
  for (const [name, situation] of context.services) {
    if (situation.service.hook || context.outlooks.has(name)) continue;
    context.outlooks.set(name, planService(context, situation));
  }
  planScaleDown(context);
  planPrune(context);
  planAfterHooks(context);
  if (!context.isStopped) planImageRemovals(context);
  return {
    plan: finish(context, adopted.adoptions),
    locks: locksOf(input, images),
    specHashes: specHashesOf(hardened),
    failed: marksInForce(context),
    learnt: learntSpecs(context),
  };
}

function contextOf(
  input: PlanInput,
  app: DesiredApp,
  unit: DesiredUnit,
  hardened: HardenedUnit,
): Context {
  const { observed } = input;
  const byService = groupByService(observed.containers);
  const slots = new Map<string, ServiceSlots>();
  const changed = hardened.networks.filter((one) => hasChanged(one, observed, input.installation));
  const changedNetworks = new Set(changed.map(({ name }) => name));
  for (const [name, service] of hardened.services) {
    slots.set(name, slotsOf(service, byService.get(name) ?? [], { ...input, changedNetworks }));
  }
  const obstacles = obstaclesOf(input, hardened);
  const { modes, blockers, isStopped } = modesOf({ input, hardened, slots, obstacles });
  const services = new Map<string, ServiceSituation>();
  for (const [name, service] of hardened.services) {
    const own = slots.get(name) ?? { slots: [], surplus: [] };
    services.set(name, { ...own, service, mode: modes.get(name) ?? 'forward' });
  }
  const undeclared = observed.containers.filter(
    ({ owner, state }) => !hardened.services.has(owner?.service ?? '') && state !== 'removing',
  );
  const draft = emptyDraft();
  draft.blockers.push(...blockers);
  const reason = reasonOf(input, unit, services);
  return {
    input,
    app,
    unit,
    observed,
    hardened,
    draft,
    reason,
    isStopped,
    services,
    undeclared,
    outlooks: new Map(),
    done: {
      pulls: [],
      apps: [],
      networks: new Map(),
      volumes: new Map(),
      files: new Map(),
      retired: new Map(),
      released: new Map(),
      renamed: new Map(),
      removed: new Map(),
      told: new Map(),
      left: new Map(),
      awaits: new Map(),
    },
  };
}

function groupByService(
  containers: readonly ObservedContainer[],
): ReadonlyMap<string, ObservedContainer[]> {
  const groups = new Map<string, ObservedContainer[]>();
  for (const container of containers) {
    const service = container.owner?.service ?? '';
    const group = groups.get(service);
    if (group) group.push(container);
    else groups.set(service, [container]);
  }
  return groups;
}

/**
 * Drift is only what git did not ask for: this very content converged here before, and no
 * container of another spec shows that something else has been rolled out since.
 */
function reasonOf(
  { lastApplied, observed }: PlanInput,
  unit: DesiredUnit,
  services: ReadonlyMap<string, ServiceSituation>,
): Operation['reason'] {
  if (lastApplied !== unit.fingerprint) return 'change';
  const isUnderWay = observed.containers.some(({ name }) => isParked(name) || isBeside(name));
  const isReplaced = [...services.values()].some(({ slots }) =>
    slots.some(({ previous, spent }) => previous ?? spent.some(({ state }) => state !== 'dead')),
  );
  return isUnderWay || isReplaced ? 'change' : 'drift';
}

/** All of them, before anything is stopped (decision 6). */
function planPulls(context: Context, images: ReadonlyMap<string, ResolvedImage>): void {
  for (const { reference, pull, forbidden, platform } of images.values()) {
    if (pull === undefined || forbidden) continue;
    const isMoved = pull !== reference && context.observed.image(reference) !== undefined;
    const id = append(context.draft, {
      kind: 'pull-image',
      reference: pull,
      ...(platform && { platform }),
      resource: reference,
      cause: isMoved ? 'its tag means another image now' : 'image is not on the host',
      reason: context.reason,
      dependsOn: [],
    });
    context.done.pulls.push(id);
  }
}

/** Healing waits for no other app: what ran before needs no one's leave to run again. */
function planAppWaits(context: Context): void {
  if (context.reason === 'drift' || !hasWork(context)) return;
  for (const app of context.input.waitingOn) {
    const id = append(context.draft, {
      kind: 'await-app',
      app,
      resource: app,
      cause: 'until that app is ready',
      reason: context.reason,
      dependsOn: [],
    });
    context.done.apps.push(id);
  }
}

/** Something is to be started that has never run: made in this pass, or in one that was cut off. */
const hasWork = ({ services }: Context): boolean =>
  [...services.values()].some(
    ({ mode, slots }) =>
      mode === 'forward' && slots.some((slot) => isEmpty(slot) || slot.keep?.state === 'created'),
  );

function finish(context: Context, adoptions: Plan['adoptions']): Plan {
  const { app, observed, draft, done } = context;
  return {
    unit: observed.key,
    host: observed.host,
    app: app.id,
    revision: app.revision,
    operations: draft.operations,
    adoptions,
    changes: changesOf(context),
    blockers: draft.blockers,
    provisional: done.pulls.length > 0,
    leftBehind: app.pruneVolumes ? [] : unusedVolumes(context),
  };
}

function locksOf(
  { locks }: PlanInput,
  images: ReadonlyMap<string, ResolvedImage>,
): Readonly<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const { reference, lock } of images.values()) {
    if (lock !== undefined && locks[reference] !== lock) resolved[reference] = lock;
  }
  return resolved;
}

function marksInForce({ input, services }: Context): PlanResult['failed'] {
  return input.failed.filter(({ service, specHash, number = 0 }) => {
    const situation = services.get(service);
    if (situation?.service.specHash !== specHash) return false;
    if (situation.mode === 'failed') return true;
    return failedNumbers(input.failed, situation, input.now).has(number);
  });
}

/** Also under the hashes of other versions that containers of the very spec carry. */
function learntSpecs({ input: { memory }, app, services }: Context): readonly AppliedSpec[] {
  if (!memory) return [];
  const sealing = sealingOf(memory, app);
  return [...services.values()].flatMap(({ service: { service, image, ...spec }, slots }) => {
    if (image.pull !== undefined) return [];
    const recorded = slots.flatMap(({ keep }) => keep?.owner?.specHash ?? []);
    const hashes = [...new Set([spec.specHash, ...recorded])].filter(
      (hash) => memory.fields(service, hash) === undefined,
    );
    if (hashes.length === 0) return [];
    const fields = keepFields(specFields(spec.hashed), sealing);
    return hashes.map((specHash) => ({ service, specHash, fields }));
  });
}

function specHashesOf(hardened: HardenedUnit): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  const services = [...hardened.services.values()];
  const isKnown = ({ image }: HardenedService): boolean => image.pull === undefined;
  const areAllKnown = services.every(isKnown);
  for (const one of services) {
    if (one.hook ? areAllKnown : isKnown(one)) hashes.set(one.service, one.specHash);
  }
  return hashes;
}
