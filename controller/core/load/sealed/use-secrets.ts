import {
  type ComposeModel,
  canonicalText,
  type Issue,
  sha256,
} from '../../../../schemas/domain/index.ts';
import type { SecretUse } from '../apps/declaration.ts';
import { type ComposeMap, childOf, entriesOf, keyPlace } from '../compose/node.ts';
import { issueAt } from '../issues.ts';
import type { OpenSecrets } from './open-secrets.ts';

/** The values of Secrets that one app gets, by the name they have in it. */
export interface UsedSecrets {
  readonly uses: readonly SecretUse[];
  readonly file: ReadonlyMap<string, string>;
  readonly env: ReadonlyMap<string, string>;
  readonly value: ReadonlyMap<string, string>;
  readonly issues: readonly Issue[];
  /** Some value cannot be told now: the app stays as it is. */
  readonly uncertain: boolean;
  /** Equal = the same values under the same names. */
  readonly stamp: string;
}

export function useSecrets(uses: readonly SecretUse[], secrets: OpenSecrets): UsedSecrets {
  const found = { file: new Map(), env: new Map(), value: new Map() } as const;
  const issues: Issue[] = [];
  let uncertain = false;
  for (const use of uses) {
    const opened = secrets.find(use);
    if (opened === 'bad') uncertain = true;
    else if ('value' in opened) found[use.as].set(use.name, opened.value);
    else issues.push(opened);
  }
  const stamp = uses.length === 0 ? '' : sha256(canonicalText(found));
  return { uses, ...found, issues, uncertain, stamp };
}

export const valuesOf = ({ file, env, value }: UsedSecrets): ReadonlySet<string> =>
  new Set([...file.values(), ...env.values(), ...value.values()]);

/** The model with its external secrets filled; those that are, are external no more. */
export function fillSecrets(model: ComposeModel, used: UsedSecrets): ComposeModel {
  if (used.file.size === 0) return model;
  const secrets = Object.entries(model.secrets).map(([name, object]) => {
    const { external: _filled, ...rest } = object;
    return [name, used.file.has(name) ? rest : object] as const;
  });
  return { ...model, secrets: Object.fromEntries(secrets) };
}

/** External secrets that nothing fills, and values that no external secret takes. */
export function checkFilled(tree: ComposeMap, model: ComposeModel, used: UsedSecrets): Issue[] {
  const issues: Issue[] = [];
  for (const [name, entry] of entriesOf(tree, 'secrets')) {
    if (!model.secrets[name]?.external || used.file.has(name)) continue;
    const message = `the external secret ${JSON.stringify(name)} is filled by nothing`;
    const hint = `write spec.secrets.${name}: {from: SECRET/KEY} in the App`;
    issues.push(issueAt('E_SECRET_USE', keyPlace(entry), `secrets.${name}`, message, hint));
  }
  for (const { name, as, place, path } of used.uses) {
    if (as !== 'file') continue;
    const object = childOf(childOf(tree, 'secrets'), name);
    const external = childOf(object, 'external');
    if (external?.kind === 'scalar' && external.value === true) continue;
    const what = object ? 'is not external' : 'is not declared';
    const message = `the secret ${JSON.stringify(name)} ${what} in the Compose files`;
    const hint = `write secrets: {${name}: {external: true}} there`;
    issues.push(issueAt('E_SECRET_USE', place, path, message, hint));
  }
  return issues;
}

/** Values that nothing asked for. */
export function unusedValues(used: UsedSecrets, asked: ReadonlySet<string>): Issue[] {
  return used.uses
    .filter(({ name, as }) => as !== 'file' && !asked.has(`${as} ${name}`))
    .map(({ name, as, place, path }) => {
      const wanted =
        as === 'env' ? `no service names the variable ${name}` : `nothing uses \${${name}}`;
      const hint = as === 'env' ? `write environment: [${name}] in a service` : undefined;
      return issueAt('W_SECRET_UNUSED', place, path, `${wanted}, so the value goes nowhere`, hint);
    });
}
