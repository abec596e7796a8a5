import type { Issue } from '../../../../schemas/domain/index.ts';
import type { ComposeMap } from '../compose/node.ts';
import type { ProjectDeclaration } from '../manifests/convert.ts';

export function checkPolicy(
  _tree: ComposeMap,
  _project: ProjectDeclaration | undefined,
): readonly Issue[] {
  return [];
}
