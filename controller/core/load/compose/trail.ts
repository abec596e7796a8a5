import { joinPath } from './reading.ts';

/** Where a walk stands. The dotted path is put together only when something is reported there. */
export class Trail {
  readonly #keys: (string | number)[] = [];

  /** Does `step` one level further down. */
  within<T>(key: string | number, step: () => T): T {
    this.#keys.push(key);
    const result = step();
    this.#keys.pop();
    return result;
  }

  get path(): string {
    let path = '';
    for (const key of this.#keys) path = joinPath(path, key);
    return path;
  }
}
