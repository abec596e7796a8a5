import type {
  Issue,
  Opened,
  Place,
  SecretReader,
  SopsNode,
} from '../../../../schemas/domain/index.ts';
import { nearestHint as nearestOf } from '../../../../schemas/nearest.ts';
import type { Code } from '../codes.ts';
import { type ResolvedPath, repositoryPath } from '../compose/files.ts';
import { issueAt } from '../issues.ts';
import { coreValue } from '../manifests/core-scalar.ts';
import { type Declared, markBad } from '../manifests/declare.ts';
import type { TreeRead } from '../read-tree.ts';
import type { YamlNode } from '../yaml/node.ts';
import { parseYaml } from '../yaml/parse.ts';
import type { SecretDeclaration, SecretReference, SopsFile } from './declare-secret.ts';

/** The values of the Secrets of a revision, by `<project>/<name>` and key. */
export interface OpenSecrets {
  /** The value; or the issue that says why there is none; `bad`: its own issue says so already. */
  find(reference: SecretReference): { readonly value: string } | Issue | 'bad';
  /** Files that were read for it. */
  readonly looked: ReadonlySet<string>;
}

const UNKNOWN_VALUE = 'secret';

/** Opens nothing (offline): a value is only known to be there. */
export const offlineReader: SecretReader = {
  async open(sealed) {
    const keys = sealed.kind === 'age' ? [''] : leafNames(sealed.document);
    return { values: new Map(keys.map((key) => [key, UNKNOWN_VALUE])) };
  },
};

/**
 * Phase 5: opens every Secret. One that cannot be opened is marked as bad: what uses it stays at
 * its last good revision.
 */
export async function openSecrets(
  declared: Declared,
  tree: TreeRead,
  reader: SecretReader = offlineReader,
): Promise<OpenSecrets> {
  const values = new Map<string, ReadonlyMap<string, string>>();
  const files = [...declared.secrets.values()].flatMap(({ sops }) => {
    const resolved = sops && pathOf(sops);
    return resolved && 'path' in resolved ? [resolved.path] : [];
  });
  const looked = new Set(files);
  await tree.reader.fetch(looked);
  for (const secret of declared.secrets.values()) {
    const issues: Issue[] = [];
    const opened = await openOne(secret, tree, reader, issues);
    declared.issues.push(...issues);
    if (issues.length > 0) markBad(declared, `Secret/${secret.id}`);
    else values.set(secret.id, opened);
  }
  return { looked, find: (wanted) => find(wanted, values, declared, tree) };
}

async function openOne(
  secret: SecretDeclaration,
  tree: TreeRead,
  reader: SecretReader,
  issues: Issue[],
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  if (secret.sops && secret.values.size > 0) {
    const message = 'values and sops exclude each other';
    issues.push(issueAt('E_VALUE', secret.sops.place, 'spec.sops', message));
    return values;
  }
  for (const [key, { text, place }] of secret.values) {
    const path = `spec.values.${key}`;
    const opened = await reader.open({ kind: 'age', text });
    const found = valuesOf(opened, place, path, issues);
    values.set(key, found.get('') ?? '');
  }
  if (!secret.sops) return values;
  return await openFile(secret.sops, tree, reader, issues);
}

async function openFile(
  sops: SopsFile,
  tree: TreeRead,
  reader: SecretReader,
  issues: Issue[],
): Promise<ReadonlyMap<string, string>> {
  const { written, place } = sops;
  const refuse = (code: Code, message: string, hint?: string) => {
    issues.push(issueAt(code, place, 'spec.sops', message, hint));
    return new Map<string, string>();
  };
  const resolved = pathOf(sops);
  if (!('path' in resolved)) return refuse(resolved.code, resolved.message, resolved.hint);
  const read = tree.reader.read(resolved.path, 'bytes');
  if (read.kind === 'refused') return refuse(read.code, read.message, read.hint);
  if (read.kind !== 'file') return refuse('E_FILE_MISSING', `the file ${written} is not there`);
  const [document] = parseYaml(read.bytes).documents;
  if (!document) return refuse('E_SECRET_SEALED', `${written} is neither YAML nor JSON`);
  const root = ordered(document.root);
  const text = new TextDecoder().decode(read.bytes);
  const opened = await reader.open({ kind: 'sops', text, document: root });
  return valuesOf(opened, place, 'spec.sops', issues);
}

const pathOf = ({ written, folder }: SopsFile): ResolvedPath =>
  repositoryPath(written, folder === '.' ? '' : folder, '');

function valuesOf(
  opened: Opened,
  place: Place,
  path: string,
  issues: Issue[],
): ReadonlyMap<string, string> {
  if ('values' in opened) return opened.values;
  issues.push(issueAt('E_SECRET_SEALED', place, path, `the value ${opened.fault}`, opened.hint));
  return new Map();
}

function ordered(node: YamlNode): SopsNode {
  switch (node.kind) {
    case 'scalar':
      return coreValue(node);
    case 'seq':
      return node.items.map(ordered);
    case 'map':
      return new Map([...node.entries].map(([key, { value }]) => [key, ordered(value)]));
  }
}

function leafNames(root: SopsNode, prefix = ''): readonly string[] {
  const children =
    root instanceof Map ? [...root] : Array.isArray(root) ? [...root.entries()] : undefined;
  if (!children) return [prefix];
  return children.flatMap(([key, value]: readonly [string | number, SopsNode]) => {
    if (prefix === '' && key === 'sops') return [];
    return leafNames(value, prefix === '' ? String(key) : `${prefix}.${key}`);
  });
}

function find(
  { secret, key, place, path }: SecretReference,
  values: ReadonlyMap<string, ReadonlyMap<string, string>>,
  declared: Declared,
  tree: TreeRead,
): { readonly value: string } | Issue | 'bad' {
  const found = values.get(secret);
  const [, name = ''] = secret.split('/');
  if (!found) {
    if (declared.bad.has(`Secret/${secret}`) || tree.mayHold(name)) return 'bad';
    const message = `the Secret ${JSON.stringify(name)} is not declared in this project`;
    return issueAt(
      'E_SECRET_UNKNOWN',
      place,
      path,
      message,
      nearestOf(name, namesBeside(secret, values)),
    );
  }
  const value = found.get(key);
  if (value !== undefined) return { value };
  const message = `the Secret ${JSON.stringify(name)} has no key ${JSON.stringify(key)}`;
  return issueAt('E_SECRET_UNKNOWN', place, path, message, nearestOf(key, [...found.keys()]));
}

function namesBeside(
  secret: string,
  values: ReadonlyMap<string, ReadonlyMap<string, string>>,
): readonly string[] {
  const project = secret.slice(0, secret.indexOf('/') + 1);
  return [...values.keys()]
    .filter((id) => id.startsWith(project))
    .map((id) => id.slice(project.length));
}
