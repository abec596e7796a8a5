import type { AppId, Verb } from '../../schemas/domain/index.ts';
import { NAME_PATTERN, toAppId } from '../../schemas/domain/index.ts';
import { mayUseApp } from '../core/access/views.ts';
import { notFound } from './problem.ts';
import type { ApiRequest } from './route.ts';

export const PROJECT_QUERY = { project: 'Project of the app; `default` when absent.' } as const;

/**
 * The app that `/apps/:name?project=`, or `/apps/<project>%2F<name>`, names, if this subject has the verb on it. A name that
 * could not exist, one that does not, and one of somebody else are the same 404.
 * @throws Problem 404
 */
export function appIdOf({ params, query, subject }: ApiRequest, verb: Verb): AppId {
  const { project = 'default', name } = namedApp(params['name'] ?? '', query['project']);
  if (!NAME_PATTERN.test(project) || !NAME_PATTERN.test(name)) throw notFound();
  const id = toAppId(project, name);
  if (!mayUseApp(subject, verb, id)) throw notFound();
  return id;
}

function namedApp(text: string, project: string | undefined) {
  const slash = text.indexOf('/');
  if (slash < 0 || project !== undefined) return { project, name: text };
  return { project: text.slice(0, slash), name: text.slice(slash + 1) };
}
