import type { ComposeMap } from '../node.ts';
import { matching, oneOf, type Reader, record, texts } from './readers.ts';

/** Signals by which programs are told to look at their files again; none that ends one. */
const SIGNAL = /^(?:SIG)?(?:HUP|USR1|USR2|WINCH)$/;

const word = oneOf('recreate', 'restart', 'none');
const choice = record({
  fields: {
    signal: matching(SIGNAL, 'one of SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH'),
    exec: texts,
  },
});

/** What happens to a container of which only mounted files changed. */
export const onChange: Reader = (reading, node, path) => {
  if (node.kind === 'scalar') return word(reading, node, path);
  const found = choice(reading, node, path);
  if (node.kind !== 'map' || isOneOf(node)) return found;
  const message = 'takes one of signal and exec';
  const hint = 'such as onChange: {signal: SIGHUP}, or onChange: {exec: [nginx, -s, reload]}';
  return reading.at('E_COMPOSE_VALUE', node, path, message, hint);
};

function isOneOf({ entries }: ComposeMap): boolean {
  const exec = entries.get('exec')?.value;
  const isEmpty = exec?.kind === 'seq' && exec.items.length === 0;
  return entries.has('signal') !== (exec !== undefined && !isEmpty);
}
