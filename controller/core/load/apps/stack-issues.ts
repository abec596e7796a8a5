import type { Refusal } from '../../../../engine/refusal.ts';
import { ignoredBySwarm } from '../../../../engine/swarm/ignored.ts';
import { swarmRefusals } from '../../../../engine/swarm/refusals.ts';
import type { ComposeModel, Issue } from '../../../../schemas/domain/index.ts';
import type { Code } from '../codes.ts';
import type { ComposeResult } from '../compose/load-compose.ts';
import { REPOSITORY_PREFIX } from '../compose/paths.ts';
import { refusalIssue } from '../compose/refusal-issue.ts';

/**
 * What a swarm refuses of a stack, and what means nothing to it: no key is ignored in silence, and
 * none is told of twice.
 */
export function stackIssues(
  { tree, model, issues: told }: ComposeResult,
  prefix: string,
): readonly Issue[] {
  if (!tree || !model) return [];
  const start = prefix === '' ? '' : `${prefix}.`;
  const place = (refusal: Refusal, code: Code): Issue => {
    const issue = refusalIssue(tree, refusal, code);
    return { ...issue, path: start + issue.path };
  };
  const known = new Set(told.map(({ path }) => path));
  const refused = [...swarmRefusals(model), ...repositoryBinds(model)];
  const ignored = ignoredBySwarm(model).map((one) => place(one, 'W_COMPOSE_IGNORED'));
  return [
    ...refused.map((refusal) => place(refusal, 'E_COMPOSE_UNSUPPORTED')),
    ...ignored.filter(({ path }) => !known.has(path)),
  ];
}

/** Its nodes do not have the repository. */
function repositoryBinds({ services }: ComposeModel): readonly Refusal[] {
  return Object.entries(services).flatMap(([name, { volumes = [] }]) =>
    volumes.flatMap(({ type, source }, index): Refusal[] => {
      if (type !== 'bind' || !source?.startsWith(REPOSITORY_PREFIX)) return [];
      const message = 'a file of the repository is on no node of a swarm';
      const hint = 'give it to the service as a config, or as a secret';
      return [{ path: ['services', name, 'volumes', String(index)], message, hint }];
    }),
  );
}
