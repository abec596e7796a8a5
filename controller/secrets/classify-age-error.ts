import type { Opened } from '../../schemas/domain/index.ts';

/** What the age library, or the decoding of what it opened, says: for a person, without content. */
export function classifyAgeError(error: unknown): Extract<Opened, { fault: string }> {
  if (error instanceof TypeError) return { fault: 'cannot be used: its value is not UTF-8 text' };
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('no identity matched')) {
    return {
      fault: 'cannot be opened: it is sealed for other recipients',
      hint: 'seal it again for the recipient of the controller: skep secret seal',
    };
  }
  return {
    fault: 'cannot be opened: it is not whole, armored age text',
    hint: 'seal it anew: skep secret seal, or age --armor --recipient …',
  };
}
