import type { ImageInspect } from '../../../engine/inspect.ts';
import { EngineFailure } from '../../core/engine-failure.ts';
import type { Handler } from '../context.ts';

/**
 * Never by force: the engine refuses where a container has the image or other names lead to it,
 * and then it stays. Gone already, or another image by now: nothing to do either.
 */
export const removeImage: Handler<'remove-image'> = async ({ image, lock }, context) => {
  context.touch({ kind: 'image', id: image });
  const found: ImageInspect | undefined = await context.engine.inspectImage(lock, context.signal);
  if (found?.Id !== image) return 'unchanged';
  try {
    await context.engine.removeImage(image, context.signal);
  } catch (error) {
    if (error instanceof EngineFailure && error.status !== undefined) return 'unchanged';
    throw error;
  }
  return 'done';
};
