import type { Issue, Place } from '../../../../schemas/domain/index.ts';
import type { Code } from '../codes.ts';
import { issueAt } from '../issues.ts';
import { type ComposeEntry, type ComposeNode, keyPlace, nodePlace } from './node.ts';

/** Where every phase puts what it finds. */
export class Reading {
  readonly issues: Issue[] = [];
  readonly #prefix: string;

  /** @param prefix dotted path at which the Compose text begins in its file. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  at(code: Code, node: ComposeNode, path: string, message: string, hint?: string): undefined {
    this.put(code, nodePlace(node), path, message, hint);
  }

  atKey(code: Code, entry: ComposeEntry, path: string, message: string, hint?: string): undefined {
    this.put(code, keyPlace(entry), path, message, hint);
  }

  put(code: Code, place: Place, path: string, message: string, hint?: string): undefined {
    this.issues.push(issueAt(code, place, this.#whole(path), message, hint));
  }

  /** In a file beside the Compose file: no dotted path. */
  elsewhere(code: Code, place: Place, message: string, hint?: string): undefined {
    this.issues.push(issueAt(code, place, '', message, hint));
  }

  /** Whether something inside `path` was reported already. */
  hasIssueBelow(path: string): boolean {
    const start = `${this.#whole(path)}.`;
    return this.issues.some((issue) => issue.path.startsWith(start));
  }

  #whole(path: string): string {
    return this.#prefix === '' || path === '' ? this.#prefix + path : `${this.#prefix}.${path}`;
  }
}

/** `services.web` + `ports` -> `services.web.ports`; odd keys are quoted. */
export function joinPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  const simple = /^[A-Za-z0-9_-]+$/.test(key);
  if (!simple) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
