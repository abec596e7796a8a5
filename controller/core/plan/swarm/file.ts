/** Configs and secrets: named by their content, made before what uses them, kept as long as anyone may. */
import type { SwarmFile } from '../../../../schemas/domain/index.ts';
import { compareText } from '../../../../schemas/domain/index.ts';
import { append } from '../draft.ts';
import type { StackContext } from './context.ts';
import type { HardenedSwarmFile } from './harden-stack.ts';
import type { FileKind } from './names.ts';

/** Unused ones of one key that stay, newest first. */
const KEPT = 2;

export function planSwarmFiles(context: StackContext): void {
  for (const file of context.stack.files) {
    if (file.external) continue;
    const present = ownFiles(context, file.kind).find(({ name }) => name === file.name);
    if (present) relabel(context, file, present);
    else if (!context.swarm.fileNamed(file.kind, file.name)) create(context, file);
  }
}

const ownFiles = ({ swarm }: StackContext, kind: FileKind): readonly SwarmFile[] =>
  kind === 'config' ? swarm.configs : swarm.secrets;

function create(context: StackContext, { kind, key, name, body }: HardenedSwarmFile): void {
  const rotates = ownFiles(context, kind).some(({ owner }) => owner?.object === key);
  const id = append(context.draft, {
    kind: 'create-swarm-file',
    file: kind,
    name,
    body,
    resource: `${kind} ${name}`,
    cause: rotates ? `the content of ${key} changed` : 'does not exist',
    reason: 'change',
    dependsOn: context.done.apps,
  });
  context.done.objects.set(`${kind} ${name}`, id);
}

/** Labels are all of it that somebody can change; nothing restarts for them. */
function relabel(context: StackContext, file: HardenedSwarmFile, present: SwarmFile): void {
  const names = new Set([...Object.keys(file.labels), ...Object.keys(present.labels)]);
  const changed = [...names]
    .filter((name) => file.labels[name] !== present.labels[name])
    .sort(compareText);
  if (changed.length === 0) return;
  append(context.draft, {
    kind: 'update-swarm-file',
    file: file.kind,
    target: present.id,
    labels: (file.body['Labels'] ?? {}) as Readonly<Record<string, string>>,
    resource: `${file.kind} ${file.name}`,
    cause: changed
      .map(
        (name) =>
          `label ${name}: ${present.labels[name] ?? 'unset'} -> ${file.labels[name] ?? 'unset'}`,
      )
      .join(', '),
    reason: context.input.lastApplied === context.unit.fingerprint ? 'drift' : 'change',
    dependsOn: [],
  });
}

/** What stands in the way of a config or secret of the stack. */
export function fileObstacle({ stack, swarm }: StackContext, kind: FileKind, name: string) {
  const file = stack.files.find((one) => one.kind === kind && one.name === name);
  if (!file) return undefined;
  const present = swarm.fileNamed(kind, name);
  if (file.external) {
    if (present) return undefined;
    const reason = kind === 'config' ? 'ConfigNotFound' : 'SecretNotFound';
    return { reason, message: `external ${kind} ${name} is not in the swarm; create it there` };
  }
  const own = kind === 'config' ? swarm.configs : swarm.secrets;
  if (!present || own.some(({ id }) => id === present.id)) return undefined;
  return { reason: 'NameTaken', message: `${kind} ${name} exists and is not of this stack` };
}

/**
 * Old ones go once no service names them, neither in its spec nor in the one before it: so
 * `docker service rollback` still works after a rotation. The last few of a declared one stay.
 */
export function pruneSwarmFiles(
  context: Pick<StackContext, 'stack' | 'swarm' | 'draft'>,
  after: readonly string[],
): void {
  const { stack, swarm, draft } = context;
  for (const kind of ['config', 'secret'] as const) {
    const declared = stack.files.filter((file) => file.kind === kind);
    const unused = (kind === 'config' ? swarm.configs : swarm.secrets)
      .filter(({ name }) => !declared.some((file) => file.name === name))
      .filter(({ name }) => !swarm.isReferred(kind, name));
    for (const file of unused.filter((one) => !isKept(one, unused, declared))) {
      append(draft, {
        kind: 'remove-swarm-file',
        file: kind,
        target: file.id,
        resource: `${kind} ${file.name}`,
        cause: 'no service names it any more',
        reason: 'prune',
        dependsOn: after,
      });
    }
  }
}

function isKept(
  { id, owner }: SwarmFile,
  unused: readonly SwarmFile[],
  declared: readonly HardenedSwarmFile[],
): boolean {
  if (!declared.some(({ key }) => key === owner?.object)) return false;
  const newest = unused
    .filter((other) => other.owner?.object === owner?.object)
    .sort((a, b) => compareText(b.created, a.created) || compareText(a.id, b.id))
    .slice(0, KEPT);
  return newest.some((other) => other.id === id);
}
