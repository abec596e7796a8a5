import type { Terminal } from '../terminal.ts';

const CLEAR_TO_END = '\u001b[0J';

/** A block of text that is redrawn in place on a terminal, and appended when changed in a pipe. */
export class LiveBlock {
  readonly #terminal: Terminal;
  #shown = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    if (text === this.#shown) return;
    const before = this.#shown === '' ? 0 : this.#shown.split('\n').length;
    this.#shown = text;
    if (!this.#terminal.isTerminal) {
      this.#terminal.out(text);
      return;
    }
    const up = before > 0 ? `\u001b[${before}A\r` : '';
    this.#terminal.raw(`${up}${CLEAR_TO_END}${text}\n`);
  }
}
