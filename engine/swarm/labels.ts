import type { ComposeModel, ComposeTexts } from '../../schemas/domain/index.ts';

/** By these two `docker stack` knows its own again. */
const NAMESPACE = 'com.docker.stack.namespace';
const IMAGE = 'com.docker.stack.image';

export const stackLabels = (model: ComposeModel, labels: ComposeTexts = {}): ComposeTexts => ({
  ...labels,
  [NAMESPACE]: model.name,
});

/** Of a service: the image as it was written. */
export const serviceLabels = (
  model: ComposeModel,
  labels: ComposeTexts | undefined,
  image: string,
): ComposeTexts => ({ ...stackLabels(model, labels), [IMAGE]: image });
