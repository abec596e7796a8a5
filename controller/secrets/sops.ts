import { createDecipheriv, createHash } from 'node:crypto';
import type { SopsNode } from '../../schemas/domain/index.ts';

/** Opens the armored age text that the data key is sealed in. */
export type OpenKey = (armored: string) => Promise<Uint8Array>;

type Scalar = string | number | boolean | null;

interface Leaf {
  /** Keys from the root; the places of list items are no part of it. */
  readonly path: readonly string[];
  /** With list items by index, for the dotted key. */
  readonly name: string;
  readonly value: Scalar;
}

interface Metadata {
  readonly stanzas: readonly string[];
  readonly lastModified: string;
  readonly mac: string;
  readonly macOnlyEncrypted: boolean;
}

const SEALED =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]*),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:(str|int|float|bool|bytes)\]$/;
/** What the digest begins with where only sealed values count. Source: SOPS `sops.go`. */
const ONLY_ENCRYPTED_START = Buffer.from(
  '8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69',
  'hex',
);

/** A document that is not one of SOPS, or was changed after it was sealed. */
export class SopsError extends Error {}

/**
 * The values of a SOPS document by dotted key, checked against its message authentication code.
 * Source: the SOPS file format, AES256_GCM values with age recipients.
 * @throws SopsError; what `openKey` throws where no recipient is ours.
 */
export async function openSops(
  document: SopsNode,
  openKey: OpenKey,
): Promise<ReadonlyMap<string, string>> {
  const metadata = metadataOf(document);
  const key = await dataKey(metadata.stanzas, openKey);
  const digest = createHash('sha512');
  if (metadata.macOnlyEncrypted) digest.update(ONLY_ENCRYPTED_START);
  const values = new Map<string, string>();
  for (const leaf of leavesOf(document)) {
    const opened = openLeaf(leaf, key);
    if (opened.sealed || !metadata.macOnlyEncrypted) digest.update(opened.digested);
    if (leaf.value !== null) values.set(leaf.name, opened.text);
  }
  const expected = decrypt(metadata.mac, key, metadata.lastModified);
  if (digest.digest('hex').toUpperCase() !== expected.toString('utf8')) {
    throw new SopsError('it was changed after it was sealed: its authentication code differs');
  }
  return values;
}

function metadataOf(document: SopsNode): Metadata {
  const sops = document instanceof Map ? document.get('sops') : undefined;
  if (!(sops instanceof Map)) {
    throw new SopsError('it is not a SOPS document: there is no `sops` in it');
  }
  const age = sops.get('age');
  const stanzas = (Array.isArray(age) ? age : []).flatMap((one: SopsNode) => {
    const sealed = one instanceof Map ? one.get('enc') : undefined;
    return typeof sealed === 'string' ? [sealed] : [];
  });
  if (stanzas.length === 0) throw new SopsError('it is sealed for no age recipient');
  const mac = sops.get('mac');
  const lastModified = sops.get('lastmodified');
  if (typeof mac !== 'string' || typeof lastModified !== 'string') {
    throw new SopsError('its authentication code is missing');
  }
  return { stanzas, mac, lastModified, macOnlyEncrypted: sops.get('mac_only_encrypted') === true };
}

/** Sealed once for each recipient: the first that we can open. */
async function dataKey(stanzas: readonly string[], openKey: OpenKey): Promise<Uint8Array> {
  let refusal: unknown;
  for (const stanza of stanzas) {
    try {
      return await openKey(stanza);
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

function* leavesOf(document: SopsNode): Generator<Leaf> {
  if (!(document instanceof Map)) return;
  for (const [key, value] of document) {
    if (key !== 'sops') yield* walk(value, [key], key);
  }
}

function* walk(value: SopsNode, path: readonly string[], name: string): Generator<Leaf> {
  if (value instanceof Map) {
    for (const [key, item] of value) yield* walk(item, [...path, key], `${name}.${key}`);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* walk(item, path, `${name}.${index}`);
  } else yield { path, name, value: value as Scalar };
}

function openLeaf(
  { path, value }: Leaf,
  key: Uint8Array,
): { readonly sealed: boolean; readonly text: string; readonly digested: Buffer } {
  const match = typeof value === 'string' ? SEALED.exec(value) : null;
  if (!match) {
    return { sealed: false, text: String(value), digested: Buffer.from(plainDigest(value)) };
  }
  const opened = decrypt(String(value), key, `${path.join(':')}:`);
  const text = match[4] === 'bool' ? opened.toString('utf8').toLowerCase() : opened.toString();
  return { sealed: true, text, digested: opened };
}

/** As SOPS digests values that it left in the open: booleans with a capital, null as nothing. */
function plainDigest(value: Scalar): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

function decrypt(sealed: string, key: Uint8Array, associated: string): Buffer {
  const match = SEALED.exec(sealed);
  if (!match) throw new SopsError('a value in it is not sealed as SOPS seals');
  const [, data = '', iv = '', tag = ''] = match;
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'));
  decipher.setAAD(Buffer.from(associated));
  decipher.setAuthTag(Buffer.from(tag, 'base64'));
  try {
    return Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]);
  } catch (cause) {
    throw new SopsError('a value in it was changed or moved after it was sealed', { cause });
  }
}
