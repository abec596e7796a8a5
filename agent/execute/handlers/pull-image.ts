import type { ImageInspect } from '../../../engine/inspect.ts';
import { normalisePlatform } from '../../../engine/platform.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';
import type { FieldsOf } from '../ports.ts';

type Pull = FieldsOf<'pull-image'>;

/** A digest names one content for ever; a tag is asked for again. */
export const pullImage: Handler<'pull-image'> = async (operation, context) => {
  const { reference } = operation;
  context.touch({ kind: 'image', id: reference });
  const platform = operation.platform && normalisePlatform(operation.platform);
  const before = await inspect(reference, context);
  if (before && reference.includes('@sha256:') && (await isFitting(operation, before, context))) {
    return 'unchanged';
  }
  await refuseOthers(operation, context);
  const signal = AbortSignal.any([context.signal, context.abandoned]);
  const { engine, content, progress } = context;
  await engine.pullImage(reference, content, progress, signal, platform || undefined);
  const after = await inspect(reference, context);
  if (!after) {
    throw new OperationFailure('ImageNotFound', 'world', `${reference} is gone after its pull`);
  }
  if (!(await isFitting(operation, after, context))) {
    throw await mismatch(operation, `${after.Os}/${after.Architecture}`, context);
  }
  return before?.Id === after.Id ? 'unchanged' : 'done';
};

const inspect = (reference: string, context: Context): Promise<ImageInspect | undefined> =>
  context.engine.inspectImage(reference, context.signal);

/** A registry hands out an image of another platform where the name has only that one. */
async function isFitting(operation: Pull, image: ImageInspect, context: Context): Promise<boolean> {
  return `${image.Os}/${image.Architecture}` === (await wantedPlatform(operation, context));
}

async function wantedPlatform({ platform }: Pull, context: Context): Promise<string> {
  const asked = platform && normalisePlatform(platform);
  if (asked) return asked.split('/').slice(0, 2).join('/');
  const { os, architecture } = await context.engine.connect(context.signal);
  return `${os}/${architecture}`;
}

/** Asks what the registry has before gigabytes are pulled that cannot run here; as far as it tells. */
async function refuseOthers(operation: Pull, context: Context): Promise<void> {
  const { engine, content, signal } = context;
  const manifest = await engine
    .inspectManifest(operation.reference, content, signal)
    .catch(() => undefined);
  const offered = (manifest?.platforms ?? []).map((one) => `${one.os}/${one.architecture}`);
  if (offered.length === 0 || offered.includes(await wantedPlatform(operation, context))) return;
  throw await mismatch(operation, [...new Set(offered)].join(', '), context);
}

async function mismatch(operation: Pull, offered: string, context: Context) {
  const wanted = await wantedPlatform(operation, context);
  const whose = operation.platform ? 'its platform is to be' : 'this host is';
  const message = `${operation.reference} is for ${offered}, ${whose} ${wanted}`;
  return new OperationFailure('PlatformMismatch', 'world', message);
}
