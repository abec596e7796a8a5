import type { ComposeModel, ComposeMount, ComposeService } from '../../schemas/domain/index.ts';
import type { Refusal } from '../refusal.ts';

const GROUP = 'group:';

/** Of mounts, with paths from the service. */
export const mountRefusals = (
  model: ComposeModel,
  { volumes = [] }: ComposeService,
): readonly Refusal[] =>
  volumes.flatMap((mount, index) => {
    const message = mountFault(model, mount);
    return message === undefined ? [] : [{ path: ['volumes', String(index)], message }];
  });

function mountFault(model: ComposeModel, mount: ComposeMount): string | undefined {
  const { type, source } = mount;
  switch (type) {
    case 'volume':
      return source === undefined ? undefined : undeclared(model, source);
    case 'cluster':
      if (!source) return 'a cluster volume needs a source';
      return source.startsWith(GROUP) ? undefined : undeclared(model, source);
    case 'tmpfs':
      return source ? 'a tmpfs has no source' : undefined;
    case 'bind':
    case 'npipe':
    case 'image':
      return source ? undefined : `a mount of type ${type} needs a source`;
  }
}

const undeclared = (model: ComposeModel, source: string): string | undefined =>
  model.volumes[source] ? undefined : `the volume ${JSON.stringify(source)} is not declared`;
