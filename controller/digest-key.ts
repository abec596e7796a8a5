import type { FileVault } from './vault/file-vault.ts';

const NAME = 'spec-digest.key';
const BYTES = 32;

/** Made on the first start. With another key, unchanged secrets look changed in one plan. */
export async function openDigestKey(
  vault: Pick<FileVault, 'secret' | 'putSecret'>,
  randomBytes: (count: number) => Uint8Array,
): Promise<Uint8Array> {
  const known = await vault.secret(NAME);
  if (known) return known;
  const key = randomBytes(BYTES);
  await vault.putSecret(NAME, key);
  return key;
}
