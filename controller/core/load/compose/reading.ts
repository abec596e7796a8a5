import { type Issue, isError, type Place } from '../../../../schemas/domain/index.ts';
import type { Code } from '../codes.ts';
import { issueAt } from '../issues.ts';
import { strictCode } from '../strict.ts';
import { type ComposeEntry, type ComposeNode, keyPlace, nodePlace } from './node.ts';

/** Where every phase puts what it finds. */
export class Reading {
  readonly issues: Issue[] = [];
  readonly prefix: string;
  readonly #strict: boolean;
  readonly #settled = new Set<string>();
  #seen = 0;

  /**
   * @param prefix dotted path at which the Compose text begins in its file.
   * @param strict text that would become nothing is an error.
   */
  constructor(prefix: string, strict = false) {
    this.prefix = prefix;
    this.#strict = strict;
  }

  at(code: Code, node: ComposeNode, path: string, message: string, hint?: string): undefined {
    this.put(code, nodePlace(node), path, message, hint);
  }

  atKey(code: Code, entry: ComposeEntry, path: string, message: string, hint?: string): undefined {
    this.put(code, keyPlace(entry), path, message, hint);
  }

  /**
   * Ends a phase that left out what it reported: what a later one says of those places, or of what
   * they were part of, would only be about the gap.
   */
  settle(): void {
    for (const issue of this.issues.slice(this.#seen)) {
      if (!isError(issue)) continue;
      for (let path = issue.path; path !== ''; path = parentOf(path)) this.#settled.add(path);
    }
    this.#seen = this.issues.length;
  }

  put(code: Code, place: Place, path: string, message: string, hint?: string): undefined {
    const said = this.#strict ? strictCode(code) : code;
    const issue = issueAt(said, place, this.#whole(path), message, hint);
    if (!isError(issue) || !this.#settled.has(issue.path)) this.issues.push(issue);
  }

  /** In a file beside the Compose file: no dotted path. */
  elsewhere(code: Code, place: Place, message: string, hint?: string): undefined {
    this.issues.push(issueAt(code, place, '', message, hint));
  }

  /** Takes what another reading found; as warnings where Compose itself would not mind. */
  adopt(other: Reading, as: 'errors' | 'warnings'): void {
    for (const issue of other.issues) {
      if (as === 'errors' || !isError(issue)) {
        this.issues.push(issue);
        continue;
      }
      const message = `${issue.code}: ${issue.message}`;
      this.issues.push({ ...issue, severity: 'warning', code: 'W_APP_REFUSED', message });
    }
  }

  /** Whether something inside `path` was reported already. */
  hasIssueBelow(path: string): boolean {
    const start = `${this.#whole(path)}.`;
    return this.issues.some((issue) => issue.path.startsWith(start));
  }

  hasErrorBelow(path: string): boolean {
    const start = this.#whole(path);
    return this.issues.some((issue) => isError(issue) && issue.path.startsWith(start));
  }

  #whole(path: string): string {
    return this.prefix === '' || path === '' ? this.prefix + path : `${this.prefix}.${path}`;
  }
}

/** `a.b[0]` -> `a.b`; `a` -> ``. */
const parentOf = (path: string): string =>
  path.slice(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['), 0));

/** `services.web` + `ports` -> `services.web.ports`; odd keys are quoted. */
export function joinPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  const simple = /^[A-Za-z0-9_-]+$/.test(key);
  if (!simple) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
