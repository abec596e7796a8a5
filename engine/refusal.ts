/** Why a model cannot become requests; the reader of the file gives it a place. */
export interface Refusal {
  /** Into the Compose model, as deep as the fault lies: `services`, `web`, `mac_address`. */
  readonly path: readonly string[];
  readonly message: string;
  readonly hint?: string;
}
