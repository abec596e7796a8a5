import { dirname, join } from 'node:path';
import type { Terminal } from '../../cli/terminal.ts';
import { composeConfig } from '../../cli/verbs/compose.ts';
import { composeRequests, type Target } from '../../cli/verbs/compose-requests.ts';
import type { Json, Sent } from './corpus.ts';

export interface Run {
  /** Absolute. */
  readonly inputs: string;
  /** Of the file, below `inputs`. */
  readonly name: string;
  readonly projectName: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly profiles?: readonly string[];
}

/** What a verb printed; undefined where it refused the file. */
export interface Printed<T> {
  readonly value?: T;
  readonly errors: string;
}

/** `skep compose config`. */
export function skepConfig(run: Run): Printed<Json> {
  const { lines, errors } = runVerb(run, (terminal, options) => composeConfig(terminal, options));
  return { errors, ...(lines && { value: JSON.parse(lines.join('\n')) as Json }) };
}

/** `skep compose requests`. */
export function skepRequests(run: Run, target: Target): Printed<readonly Sent[]> {
  const { lines, errors } = runVerb(run, (terminal, options) =>
    composeRequests(terminal, { ...options, target, apiVersion: '1.50' }),
  );
  return { errors, ...(lines && { value: lines.map((line) => JSON.parse(line) as Sent) }) };
}

interface Options {
  readonly file: readonly string[];
  readonly projectName: string;
  readonly profile: readonly string[];
  readonly set: Readonly<Record<string, string>>;
}

function runVerb(run: Run, verb: (terminal: Terminal, options: Options) => number) {
  const { inputs, name, projectName, values = {}, profiles = [] } = run;
  const folder = dirname(join(inputs, name));
  const out: string[] = [];
  const err: string[] = [];
  const options = { file: [join(inputs, name)], projectName, profile: profiles, set: values };
  const exit = verb(terminalIn(folder, out, err), options);
  // The recordings name no folder of the machine they were made on.
  const placed = (text: string) =>
    text.replaceAll(folder, '/PROJECT').replaceAll(`${inputs}/`, '/ROOT/');
  return { errors: placed(err.join('\n')), ...(exit === 0 && { lines: out.map(placed) }) };
}

function terminalIn(cwd: string, out: string[], err: string[]): Terminal {
  return {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    raw: (text) => void out.push(text),
    env: {},
    cwd,
    isTerminal: false,
    inputIsTerminal: false,
    colour: false,
    columns: () => Number.POSITIVE_INFINITY,
    now: () => 0,
    readInput: async () => '',
    ask: async () => '',
    signal: new AbortController().signal,
  };
}
