import { posix } from 'node:path';
import type { Place } from '../../../../schemas/domain/index.ts';
import type { RegistryManifest } from '../../../../schemas/generated/registry.ts';
import type { Manifest } from '../manifests/read-manifests.ts';
import { child, type YamlNode } from '../yaml/node.ts';
import { placeOf } from '../yaml/text.ts';

/** A value of a Secret, named from a manifest: `SECRET/KEY`, in the project of that manifest. */
export interface SecretReference {
  /** `<project>/<name>` of the Secret. */
  readonly secret: string;
  readonly key: string;
  readonly place: Place;
  /** Dotted path of the reference in its manifest. */
  readonly path: string;
}

/** A Secret as declared: nothing in it is opened. */
export interface SecretDeclaration {
  readonly id: string;
  readonly place: Place;
  readonly values: ReadonlyMap<string, { readonly text: string; readonly place: Place }>;
  readonly sops?: SopsFile;
}

/** A path as written, and the folder that it starts from. */
export interface SopsFile {
  readonly written: string;
  readonly folder: string;
  readonly place: Place;
}

export interface RegistryDeclaration {
  readonly id: string;
  readonly project: string;
  readonly place: Place;
  readonly server: string;
  readonly username: string;
  readonly password: SecretReference;
  /** `*` = every one. */
  readonly projects: readonly string[];
}

type PlaceOf = (node: YamlNode | undefined) => Place;

const placesIn =
  (manifest: Manifest, file: string, lineStarts: readonly number[]): PlaceOf =>
  (node) =>
    placeOf(file, lineStarts, node?.at ?? manifest.at);

export function toSecret(
  manifest: Manifest,
  file: string,
  lineStarts: readonly number[],
): SecretDeclaration {
  const at = placesIn(manifest, file, lineStarts);
  const spec = child(manifest.root, 'spec');
  const values = new Map<string, { text: string; place: Place }>();
  const sealed = child(spec, 'values');
  for (const [key, { value }] of sealed?.kind === 'map' ? sealed.entries : []) {
    if (value.kind === 'scalar') values.set(key, { text: value.text, place: at(value) });
  }
  const sops = child(spec, 'sops');
  return {
    id: `${manifest.project}/${manifest.name}`,
    place: at(undefined),
    values,
    ...(sops?.kind === 'scalar' && {
      sops: { written: sops.text, folder: posix.dirname(file), place: at(sops) },
    }),
  };
}

export function toRegistry(
  manifest: Manifest,
  file: string,
  lineStarts: readonly number[],
): RegistryDeclaration {
  const { spec } = manifest.value as RegistryManifest;
  const at = placesIn(manifest, file, lineStarts);
  const from = child(child(manifest.root, 'spec'), 'passwordFrom');
  return {
    id: `${manifest.project}/${manifest.name}`,
    project: manifest.project,
    place: at(undefined),
    server: spec.server.toLowerCase(),
    username: spec.username,
    password: reference(manifest.project, spec.passwordFrom, at(from), 'spec.passwordFrom'),
    projects: spec.projects ?? [manifest.project],
  };
}

/** `SECRET/KEY`, whose shape the schema has checked. */
export function reference(
  project: string,
  from: string,
  place: Place,
  path: string,
): SecretReference {
  const slash = from.indexOf('/');
  const secret = `${project}/${from.slice(0, slash)}`;
  return { secret, key: from.slice(slash + 1), place, path };
}
