import type {
  DesiredHost,
  DesiredUnit,
  HostName,
  Issue,
  Sha256,
} from '../../../../schemas/domain/index.ts';
import type { ProjectDeclaration } from '../manifests/convert.ts';
import type { AppDeclaration } from './declaration.ts';
import type { HostUse } from './host-use.ts';

/** What loading one app gave, with the inputs it was made from. */
export interface LoadedApp {
  readonly declaration: AppDeclaration;
  readonly inputs: AppInputs;
  readonly issues: readonly Issue[];
  /** Absent where there are errors. */
  readonly units?: ReadonlyMap<HostName, DesiredUnit>;
  readonly contentHash: Sha256;
  /** Values of Secrets in it, to be shown nowhere. */
  readonly secretValues: ReadonlySet<string>;
  /** Files that are shipped to hosts, by content. */
  readonly contents: ReadonlyMap<Sha256, Uint8Array>;
  /** Ports and names that the app takes on each of its hosts. */
  readonly uses: ReadonlyMap<HostName, HostUse>;
}

/** Equal inputs, equal result: what decides whether a kept result still holds. */
export interface AppInputs {
  readonly hosts: readonly (readonly DesiredHost[])[];
  readonly project: ProjectDeclaration | undefined;
  /** Stamp of the Secrets' values that it uses. */
  readonly secrets: string;
  /** Every path that was looked at -> what stood there. */
  readonly paths: ReadonlyMap<string, string>;
}
