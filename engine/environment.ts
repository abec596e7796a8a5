import type { ComposeService } from '../schemas/domain/index.ts';

/** A name without a value takes the image's variable away. */
export const environment = ({ environment: variables }: ComposeService): readonly string[] =>
  Object.entries(variables ?? {}).map(([name, value]) =>
    value === null ? name : `${name}=${value}`,
  );
