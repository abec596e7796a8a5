import type { AppId, DesiredApp, DesiredState, Outcome } from '../../schemas/domain/index.ts';
import { maskText } from '../core/load/sealed/mask.ts';

/** Former values of an app that are still masked: what runs may have been made with them. */
const MOST_VALUES = 500;

/**
 * Takes sealed values out of what hosts say: engines quote commands and settings in their errors,
 * and programs print what they were given (invariant I10).
 */
export class Masks {
  readonly #values = new Map<AppId, ReadonlySet<string>>();

  /** Called before a state is put in force. */
  learn(desired: DesiredState): void {
    for (const { id, secretValues } of desired.apps.values()) this.#learn(id, secretValues);
  }

  text(app: AppId, text: string): string {
    const values = this.#values.get(app);
    return values && values.size > 0 ? maskText(text, values) : text;
  }

  outcome(app: AppId, outcome: Outcome): Outcome {
    const { error } = outcome;
    if (!error) return outcome;
    return { ...outcome, error: { ...error, message: this.text(app, error.message) } };
  }

  #learn(id: AppId, fresh: DesiredApp['secretValues']): void {
    const known = this.#values.get(id);
    if (fresh.size === 0 && !known) return;
    const all = [...(known ?? [])].filter((value) => !fresh.has(value)).concat([...fresh]);
    this.#values.set(id, new Set(all.slice(-MOST_VALUES)));
  }
}
