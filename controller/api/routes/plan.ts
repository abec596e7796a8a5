import type {
  Operation,
  PlanDocument,
  PlannedOperation,
  PlannedUnit,
} from '../../../schemas/domain/index.ts';
import { toCommitSha } from '../../../schemas/domain/index.ts';
import { canAny } from '../../core/access/can.ts';
import { issuesFor, mayUseApp } from '../../core/access/views.ts';
import { objectOf, readJson } from '../body.ts';
import type { PlanAnswer, PlanRequest } from '../ports.ts';
import { badBody, badQuery, notFound, notReadyYet } from '../problem.ts';
import { type ApiRequest, json, type Route } from '../route.ts';

const PATH = '/api/v1/plan';
const MAX_FILES = 10_000;
const MAX_PATH_CHARS = 1_024;
const DEADLINE_MS = 20_000;
const access = { verb: 'plan', resource: 'apps' } as const;

export const planRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: PATH,
    summary: 'What a revision would change on the fleet as it is now; changes nothing',
    access,
    query: { rev: 'A full commit id; the revision in force when absent.' },
    answer: 'PlanDocument',
    run: async (request) => {
      const { rev } = request.query;
      if (rev !== undefined && !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(rev)) {
        throw badQuery('`rev` is a full commit id.');
      }
      const sha = rev === undefined ? null : toCommitSha(rev);
      return json(await plan(request, { kind: 'revision', sha }));
    },
  },
  {
    method: 'POST',
    path: PATH,
    summary: 'What a set of files would change on the fleet as it is now; stores nothing',
    access,
    body: { files: 'Path inside the repository -> text, the whole repository.' },
    answer: 'PlanDocument',
    run: async (request) => {
      if (!canAny(request.subject, 'plan')) throw notFound();
      const files = filesOf(await readJson(request.ctx.req));
      return json(await plan(request, { kind: 'files', files }));
    },
  },
];

async function plan(request: ApiRequest, wanted: PlanRequest): Promise<PlanDocument> {
  const { deps, services, subject, ctx } = request;
  if (!canAny(subject, 'plan')) throw notFound();
  const signal = AbortSignal.any([AbortSignal.timeout(DEADLINE_MS), closed(ctx.res)]);
  const answer = await services.plans.run(() => deps.plan(wanted, signal));
  if (!answer) throw notReadyYet('Too many plans are being made; try again.');
  return documentFor(request, wanted, answer);
}

function documentFor(
  { deps, subject }: ApiRequest,
  wanted: PlanRequest,
  { revision, issues, units }: PlanAnswer,
): PlanDocument {
  // Issues of files that came with the request tell their sender nothing new.
  const own = wanted.kind === 'files';
  return {
    revision,
    issues: own ? issues : issuesFor(subject, deps.desired(), issues),
    units: units.filter(({ plan: { app } }) => mayUseApp(subject, 'plan', app)).map(toPlannedUnit),
  };
}

/** Without the engine bodies, which hold every environment value. */
function toPlannedUnit({ plan, text }: PlanAnswer['units'][number]): PlannedUnit {
  const { unit, app, host, provisional, changes, blockers, leftBehind } = plan;
  const adoptions = plan.adoptions.map(toPlannedOperation);
  const operations = plan.operations.map(toPlannedOperation);
  const told = { unit, app, host, provisional, changes, blockers, leftBehind };
  return { ...told, operations, adoptions, text };
}

function toPlannedOperation(operation: Operation): PlannedOperation {
  const { id, kind, service, resource, cause, reason, dependsOn } = operation;
  const named = service === undefined ? {} : { service };
  return { id, kind, ...named, resource, cause, reason, dependsOn };
}

function filesOf(body: unknown): ReadonlyMap<string, string> {
  const { files, ...rest } = objectOf(body);
  if (Object.keys(rest).length > 0) throw badBody('Only `files` is known here.');
  const entries = Object.entries(objectOf(files));
  if (entries.length > MAX_FILES) throw badBody(`At most ${MAX_FILES} files.`);
  const texts = entries.map(([path, text]): [string, string] => {
    if (typeof text === 'string' && isPath(path)) return [path, text];
    throw badBody('`files` maps paths inside the repository to their texts.');
  });
  return new Map(texts);
}

const isPath = (path: string): boolean =>
  path.length <= MAX_PATH_CHARS &&
  !path.includes('\\') &&
  !path.includes('\0') &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

function closed(response: ApiRequest['ctx']['res']): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}
