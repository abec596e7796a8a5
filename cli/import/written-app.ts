import { renderYaml } from '../../controller/core/load/yaml/render-yaml.ts';
import { sealAge } from '../../controller/secrets/age.ts';
import { CliError } from '../exit.ts';
import type { Group } from './groups.ts';

/** The files of one App, by their path in the repository. */
export type Files = ReadonlyMap<string, string>;

export interface AppInput {
  readonly group: Group;
  /** Of its own, without a slash at the end. */
  readonly folder: string;
  /** File name -> text, in the order they are merged. */
  readonly compose: ReadonlyMap<string, string>;
  readonly host: string | undefined;
  readonly secrets: ReadonlyMap<string, string>;
}

/** Looks sealed, and is not: to be loaded, never to be written. */
export const filesToLoad = (input: AppInput): Files => filesWith(input, sealedForShow);

/** What stands for a sealed value while nothing is written. */
export function sealedForShow(value: string): string {
  const text = Buffer.from(value).toString('base64');
  return `-----BEGIN AGE ENCRYPTED FILE-----\n${text}\n-----END AGE ENCRYPTED FILE-----`;
}

/** @throws CliError where a recipient is none. */
export async function sealedFiles(input: AppInput, recipients: readonly string[]): Promise<Files> {
  const texts = new Map<string, string>();
  for (const value of input.secrets.values()) texts.set(value, await sealed(value, recipients));
  return filesWith(input, (value) => texts.get(value) ?? '');
}

function filesWith(input: AppInput, seal: (value: string) => string): Files {
  const { group, folder, secrets } = input;
  if (secrets.size === 0) return filesOf(input, {}, []);
  const values = Object.fromEntries([...secrets].map(([name, value]) => [name, seal(value)]));
  const uses = Object.fromEntries(
    [...secrets.keys()].map((name) => [name, { from: `${group.name}/${name}`, as: 'value' }]),
  );
  const manifest = renderYaml(document('Secret', group.name, { values }));
  return filesOf(input, { secrets: uses }, [[`${folder}/secret.yaml`, manifest]]);
}

async function sealed(value: string, recipients: readonly string[]): Promise<string> {
  try {
    return await sealAge(value, recipients);
  } catch {
    throw new CliError(`not a recipient of age: ${recipients.join(', ')}`, 'it begins with age1');
  }
}

function filesOf(
  { group, folder, compose, host }: AppInput,
  more: Readonly<Record<string, unknown>>,
  others: readonly (readonly [string, string])[],
): Files {
  const { name, projectName } = group;
  const paths = [...compose.keys()].map((file) => `./${file}`);
  const spec = {
    compose: paths.length === 1 ? paths[0] : paths,
    ...(projectName !== name && { projectName }),
    ...(host !== undefined && { hosts: [host] }),
    adopt: true,
    ...more,
  };
  return new Map([
    [`${folder}/app.yaml`, renderYaml(document('App', name, spec))],
    ...[...compose].map(([file, text]) => [`${folder}/${file}`, text] as const),
    ...others,
  ]);
}

export const document = (kind: string, name: string, spec: object) => ({
  apiVersion: 'skep/v1',
  kind,
  metadata: { name },
  spec,
});
