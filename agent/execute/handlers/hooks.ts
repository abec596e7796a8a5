import type { ContainerHook } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context } from '../context.ts';
import type { OwnContainer } from '../ownership.ts';

type Phase = 'post_start' | 'pre_stop';

/** Of what a failed hook said. */
const OUTPUT_LIMIT = 1024;

/** @throws OperationFailure HostPolicy where the owner of the host lets none of them run. */
export function admitHooks(hooks: readonly ContainerHook[], { policy }: Context): void {
  if (hooks.length === 0) return;
  if (!policy.allowExec) {
    const message = 'commands in containers are not allowed (allowExec: false)';
    throw new OperationFailure('HostPolicy', 'host', message);
  }
  if (policy.allowPrivileged || !hooks.some(({ privileged }) => privileged)) return;
  const message = 'a privileged hook is not allowed (allowPrivileged: false)';
  throw new OperationFailure('HostPolicy', 'host', message);
}

/**
 * Runs them one after the other; one that fails is the last.
 * @returns what went wrong, with the last lines that it said; empty where nothing did.
 */
export async function runHooks(
  phase: Phase,
  container: OwnContainer,
  hooks: readonly ContainerHook[],
  context: Context,
): Promise<string> {
  for (const hook of hooks) {
    const fault = await run(container, hook, context);
    if (fault !== '') return `${phase} ${hook.argv.join(' ')} in ${container.name} ${fault}`;
  }
  return '';
}

async function run(
  { id }: OwnContainer,
  hook: ContainerHook,
  { engine, signal, stopped }: Context,
): Promise<string> {
  try {
    const { exitCode, output } = await engine.exec(id, hook, signal);
    if (exitCode === 0) return '';
    const said = output.join('\n').trim().slice(-OUTPUT_LIMIT);
    return `ended with code ${exitCode}${said && `: ${said}`}`;
  } catch (error) {
    if (stopped.aborted) throw error;
    // Whatever it was: it began, and running it again is not ours to decide.
    return `did not run to its end: ${error instanceof Error ? error.message : String(error)}`;
  }
}
