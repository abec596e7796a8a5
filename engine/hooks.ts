import type { ComposeHook, ContainerHook } from '../schemas/domain/index.ts';

/** Commands in a container, as Compose runs `post_start` and `pre_stop`. */
export const containerHooks = (
  hooks: readonly ComposeHook[] | undefined,
): readonly ContainerHook[] => (hooks ?? []).map(containerHook);

function containerHook(hook: ComposeHook): ContainerHook {
  const { command, user, privileged, working_dir: workingDir, environment } = hook;
  const env = Object.entries(environment ?? {}).map(([name, value]) =>
    value === null ? name : `${name}=${value}`,
  );
  return {
    argv: command ?? [],
    ...(user && { user }),
    ...(privileged && { privileged }),
    ...(workingDir && { workingDir }),
    ...(env.length > 0 && { env }),
  };
}
