import { sha256 } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Handler } from '../context.ts';

export const putFile: Handler<'put-file'> = async (operation, context) => {
  if (await context.files.path(operation)) return 'unchanged';
  const { content } = context;
  if (!content || content.length !== operation.size || sha256(content) !== operation.sha256) {
    // Which file it is stands in the operation's name; a hash of its content would tell of it.
    throw new OperationFailure(
      'Interrupted',
      'world',
      'the content of the file did not come whole',
    );
  }
  await context.admit(content.length);
  await context.files.put(operation, content);
  return 'done';
};
