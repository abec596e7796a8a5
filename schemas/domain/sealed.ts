/** Opens sealed values for loading; implemented by `controller/secrets`. */
export interface SecretReader {
  /** Opens one sealed text. Never throws for what was sealed badly, or not for us. */
  open(sealed: Sealed): Promise<Opened>;
}

export type Sealed =
  /** Armored age text; opens to one value, under the key `''`. */
  | { readonly kind: 'age'; readonly text: string }
  /** A SOPS file and its document; opens to its values by dotted key. */
  | { readonly kind: 'sops'; readonly text: string; readonly document: SopsNode };

/** Mappings keep the order of the file: the authentication code depends on it. */
export type SopsNode =
  | string
  | number
  | boolean
  | null
  | readonly SopsNode[]
  | ReadonlyMap<string, SopsNode>;

export type Opened =
  | { readonly values: ReadonlyMap<string, string> }
  /** For a person; says nothing of what is inside. */
  | { readonly fault: string; readonly hint?: string };
