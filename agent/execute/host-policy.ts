import { readFileSync, statSync } from 'node:fs';
import { type ContainerPolicy, DEFAULT_POLICY } from '../../engine/policy.ts';
import { OperationFailure } from '../core/operation-failure.ts';

/** What the owner of a host allows, whatever git and controller say (decision 13). */
export interface HostPolicy extends ContainerPolicy {
  /** Projects that may have containers here; absent = all. */
  readonly projects?: readonly string[];
  /** Projects that may take over what others made; absent = all that may have containers here. */
  readonly adopt?: readonly string[];
  /** Whether commands that a revision declares may run in containers (`x-skep.onChange`, `post_start`, `pre_stop`). */
  readonly allowExec: boolean;
}

export const DEFAULT_HOST_POLICY: HostPolicy = { ...DEFAULT_POLICY, allowExec: true };

const MEMBERS = new Set(['projects', 'adopt', 'allowPrivileged', 'denyBinds', 'allowExec']);
const WRITABLE_BY_OTHERS = 0o022;
const SIZE_LIMIT_BYTES = 64 * 1024;

/**
 * The policy of a parsed file:
 *
 *     projects: [default, shop]   # others get no container here; absent = all
 *     adopt: [default]            # of these, who may take over foreign containers; absent = all
 *     allowPrivileged: false
 *     denyBinds: [/etc, /var/run/docker.sock]
 *     allowExec: true             # commands in containers, as a revision declares them
 *
 * @throws TypeError that names what is wrong
 */
function toHostPolicy(document: unknown): HostPolicy {
  if (document === null || document === undefined) return DEFAULT_HOST_POLICY;
  if (typeof document !== 'object' || Array.isArray(document)) {
    throw new TypeError('the host policy is not a mapping');
  }
  const members = document as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(members).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) throw new TypeError(`the host policy does not know ${unknown}`);
  const projects = texts(members, 'projects');
  const adopt = texts(members, 'adopt');
  const denyBinds = texts(members, 'denyBinds') ?? [];
  const relative = denyBinds.find((path) => !path.startsWith('/'));
  if (relative !== undefined) throw new TypeError(`denyBinds: ${relative} is not an absolute path`);
  const allowPrivileged = members['allowPrivileged'] ?? false;
  if (typeof allowPrivileged !== 'boolean') throw new TypeError('allowPrivileged is true or false');
  const allowExec = members['allowExec'] ?? DEFAULT_HOST_POLICY.allowExec;
  if (typeof allowExec !== 'boolean') throw new TypeError('allowExec is true or false');
  return {
    allowPrivileged,
    denyBinds,
    allowExec,
    ...(projects && { projects }),
    ...(adopt && { adopt }),
  };
}

function texts(
  members: Readonly<Record<string, unknown>>,
  name: string,
): readonly string[] | undefined {
  const list = members[name];
  if (list === undefined) return undefined;
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw new TypeError(`${name} is a list of texts`);
}

/** Reads the file again whenever it changed, so that a new policy needs no restart. */
export class HostPolicyFile {
  readonly #path: string;
  readonly #parse: (text: string) => unknown;
  #stamp = '';
  #policy: HostPolicy = DEFAULT_HOST_POLICY;

  /** @param parse of YAML 1.2, without aliases; rooms of the agent have no parser of their own. */
  constructor(path: string, parse: (text: string) => unknown) {
    this.#path = path;
    this.#parse = parse;
  }

  /**
   * @throws OperationFailure HostPolicy while the file cannot be trusted or understood: an owner
   * who wrote one wants something kept out, so nothing is let in.
   */
  current(): HostPolicy {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (!found) return DEFAULT_HOST_POLICY;
    const stamp = `${found.ino} ${found.mtimeMs} ${found.size}`;
    if (stamp === this.#stamp) return this.#policy;
    this.#policy = this.#read(found);
    this.#stamp = stamp;
    return this.#policy;
  }

  #read(found: { uid: number; mode: number; size: number }): HostPolicy {
    const own = process.getuid?.() ?? 0;
    if (found.uid !== 0 && found.uid !== own) throw this.#refused('is not owned by root');
    if (found.mode & WRITABLE_BY_OTHERS) throw this.#refused('can be written by others than root');
    if (found.size > SIZE_LIMIT_BYTES) throw this.#refused('is larger than 64 KiB');
    try {
      return toHostPolicy(this.#parse(readFileSync(this.#path, 'utf8')));
    } catch (error) {
      throw this.#refused(error instanceof Error ? error.message : String(error));
    }
  }

  #refused(why: string): OperationFailure {
    return new OperationFailure('HostPolicy', 'host', `${this.#path}: ${why}`);
  }
}
