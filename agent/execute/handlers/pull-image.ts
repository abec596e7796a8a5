import type { ImageInspect } from '../../../engine/inspect.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';

/** A digest names one content for ever; a tag is asked for again. */
export const pullImage: Handler<'pull-image'> = async (operation, context) => {
  const { reference } = operation;
  context.touch({ kind: 'image', id: reference });
  const before = await inspect(reference, context);
  if (before && reference.includes('@sha256:')) {
    await requirePlatform(reference, before, context);
    return 'unchanged';
  }
  const signal = AbortSignal.any([context.signal, context.abandoned]);
  await context.engine.pullImage(reference, context.content, context.progress, signal);
  const after = await inspect(reference, context);
  if (!after) {
    throw new OperationFailure('ImageNotFound', 'world', `${reference} is gone after its pull`);
  }
  await requirePlatform(reference, after, context);
  return before?.Id === after.Id ? 'unchanged' : 'done';
};

const inspect = (reference: string, context: Context): Promise<ImageInspect | undefined> =>
  context.engine.inspectImage(reference, context.signal);

/** A registry hands out an image of another platform where the name has only that one. */
async function requirePlatform(reference: string, image: ImageInspect, context: Context) {
  const engine = await context.engine.connect(context.signal);
  if (image.Architecture === engine.architecture && image.Os === engine.os) return;
  const message =
    `${reference} is for ${image.Os}/${image.Architecture}, ` +
    `this host is ${engine.os}/${engine.architecture}`;
  throw new OperationFailure('PlatformMismatch', 'world', message);
}
