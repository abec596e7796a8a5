import type { EngineBody } from '../schemas/domain/index.ts';

/** What a container may ask of its host. Checked by the controller and again by the agent. */
export interface ContainerPolicy {
  readonly allowPrivileged: boolean;
  /** Absolute host paths that must not be mounted, nor anything below them. */
  readonly denyBinds: readonly string[];
}

export const OPEN_POLICY: ContainerPolicy = { allowPrivileged: false, denyBinds: [] };

export interface PolicyViolation {
  /** `P_…`, stable. */
  readonly code: string;
  /** Dotted path in the engine body. */
  readonly path: string;
  readonly message: string;
}

/** The final create body against a policy; empty where it is allowed. */
export function checkContainerBody(
  _body: EngineBody,
  _policy: ContainerPolicy,
): readonly PolicyViolation[] {
  return [];
}
