import type { Refusal } from '../../../../engine/refusal.ts';
import { ignoredBySwarm } from '../../../../engine/swarm/ignored.ts';
import { swarmRefusals } from '../../../../engine/swarm/refusals.ts';
import type { ComposeModel, Issue } from '../../../../schemas/domain/index.ts';
import type { ComposeMap } from '../compose/node.ts';
import { REPOSITORY_PREFIX } from '../compose/paths.ts';
import { joinPath } from '../compose/reading.ts';
import { refusalIssue } from '../compose/refusal-issue.ts';

/** What a swarm refuses of a stack, and what means nothing to it: no key is ignored in silence. */
export function stackIssues(
  tree: ComposeMap,
  model: ComposeModel,
  prefix: string,
): readonly Issue[] {
  const refused = [...swarmRefusals(model), ...repositoryBinds(model)];
  const issues = [
    ...refused.map((refusal) => refusalIssue(tree, refusal, 'E_COMPOSE_UNSUPPORTED')),
    ...ignoredBySwarm(model).map((one) => refusalIssue(tree, one, 'W_COMPOSE_IGNORED')),
  ];
  return issues.map((issue) => ({ ...issue, path: joinPath(prefix, issue.path) }));
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
