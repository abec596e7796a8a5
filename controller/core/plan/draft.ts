import type { Blocker, Operation, ServiceChange } from '../../../schemas/domain/index.ts';

type WithoutId<T> = T extends Operation ? Omit<T, 'id'> : never;
export type NewOperation = WithoutId<Operation>;

/** A plan while it is being written. Local to one call of the planner. */
export interface Draft {
  readonly operations: Operation[];
  readonly ids: Set<string>;
  readonly changes: ServiceChange[];
  readonly blockers: Blocker[];
  /** What every operation appended from now on waits for. */
  readonly barrier: string[];
}

export const emptyDraft = (): Draft => ({
  operations: [],
  ids: new Set(),
  changes: [],
  blockers: [],
  barrier: [],
});

/** @returns the operation's id: its kind and resource, numbered where that alone is not unique. */
export function append(draft: Draft, operation: NewOperation): string {
  const base = `${operation.kind} ${operation.resource}`;
  let id = base;
  for (let count = 2; draft.ids.has(id); count += 1) id = `${base} #${count}`;
  draft.ids.add(id);
  const dependsOn = [...new Set([...draft.barrier, ...operation.dependsOn])];
  draft.operations.push({ ...operation, dependsOn, id } as Operation);
  return id;
}

/** Those that no other operation waits for. */
export function lastOperations({ operations }: Draft): readonly string[] {
  const awaited = new Set(operations.flatMap(({ dependsOn }) => dependsOn));
  return operations.map(({ id }) => id).filter((id) => !awaited.has(id));
}
