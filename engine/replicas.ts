import type { ComposeService } from '../schemas/domain/index.ts';

/** Containers of a service; where both members are set, the loader has seen to it that they agree. */
export const replicasOf = ({ scale, deploy }: ComposeService): number =>
  scale ?? deploy?.replicas ?? 1;
