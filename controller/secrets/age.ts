import {
  armor,
  Decrypter,
  Encrypter,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption';

/**
 * Opens armored text that is sealed for one of the identities (`AGE-SECRET-KEY-1…`).
 * Source: age-encryption.org/v1; interoperable with `age --armor`.
 * @throws Error where it is not armored age text, damaged, or sealed for others.
 */
export async function openAge(text: string, identities: readonly string[]): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return await decrypter.decrypt(armor.decode(text.trim()));
}

/**
 * Seals for every recipient (`age1…`); armored.
 * @throws Error where a recipient is not one.
 */
export async function sealAge(plain: string, recipients: readonly string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const sealed = armor.encode(await encrypter.encrypt(plain));
  return `${sealed.trim()}\n`;
}

export interface AgeKey {
  readonly identity: string;
  readonly recipient: string;
}

export async function newAgeKey(): Promise<AgeKey> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

export const recipientOf = (identity: string): Promise<string> => identityToRecipient(identity);

/** The identities of a key file as `age-keygen` writes it: one a line, `#` begins a comment. */
export function readIdentities(file: string): readonly string[] {
  return file
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
