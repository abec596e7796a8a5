import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { SigningKey, SigningKeys } from './api/ports.ts';
import type { FileVault } from './vault/file-vault.ts';

const NAME = 'api-signing.json';

interface Kept {
  readonly kid: string;
  /** PKCS#8 PEM. */
  readonly key: string;
}

/** The API's ES256 keys, made on the first start and kept in the vault; newest first. */
export async function openSigningKeys(vault: FileVault, newId: () => string): Promise<SigningKeys> {
  const bytes = await vault.secret(NAME);
  let kept = bytes ? (JSON.parse(bytes.toString()) as readonly Kept[]) : [];
  if (kept.length === 0) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    kept = [{ kid: newId(), key }];
    await vault.putSecret(NAME, JSON.stringify(kept));
  }
  const [current, previous] = kept.map(signingKey);
  if (!current) throw new TypeError('no signing key was kept');
  return { current, previous };
}

function signingKey({ kid, key }: Kept): SigningKey {
  const privateKey = createPrivateKey(key);
  return { kid, privateKey, publicKey: createPublicKey(privateKey) };
}
