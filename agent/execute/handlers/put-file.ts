import { sha256 } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Handler } from '../context.ts';

export const putFile: Handler<'put-file'> = async (operation, context) => {
  if (await context.files.path(operation)) return 'unchanged';
  const { content } = context;
  if (!content || content.length !== operation.size || sha256(content) !== operation.sha256) {
    const message = `the content of file ${operation.sha256.slice(0, 12)} did not come whole`;
    throw new OperationFailure('Interrupted', 'world', message);
  }
  await context.files.put(operation, content);
  return 'done';
};
