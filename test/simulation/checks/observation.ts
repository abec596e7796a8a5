import type { Entry, Violation } from '../world/history.ts';

interface Known {
  /** Everything a container has looked like, oldest first; null at its end. */
  readonly looks: (string | null)[];
  /** Which of them was shown last. */
  shown: number;
  /** Was shown once, and then no more. */
  gone: boolean;
}

/**
 * I9: what the controller shows of a container never goes back to what it was earlier, and what
 * was gone does not come back; nor does a status go back to an earlier commit.
 */
export function checkObservation(entries: readonly Entry[]): readonly Violation[] {
  const violations: Violation[] = [];
  const hosts = new Map<string, Map<string, Known>>();
  const commits = new Map<string, number>();
  for (const entry of entries) {
    const { atMs } = entry;
    if (entry.type === 'look') {
      const known = of(hosts, entry.host);
      const container = known.get(entry.id) ?? { looks: [], shown: -1, gone: false };
      container.looks.push(entry.text);
      known.set(entry.id, container);
    } else if (entry.type === 'shown') {
      const messages = shown(of(hosts, entry.host), entry.containers);
      for (const message of messages) {
        violations.push({ id: 'I9', atMs, message: `${entry.host}: ${message}` });
      }
    } else if (entry.type === 'status') {
      const before = commits.get(entry.unit) ?? 0;
      if (entry.commit < before) {
        const message = `the status of ${entry.unit} goes from commit ${before} to ${entry.commit}`;
        violations.push({ id: 'I9', atMs, message });
      }
      commits.set(entry.unit, entry.commit);
    }
  }
  return violations;
}

function of<K, V>(maps: Map<K, Map<string, V>>, key: K): Map<string, V> {
  const found = maps.get(key) ?? new Map<string, V>();
  maps.set(key, found);
  return found;
}

function shown(
  known: Map<string, Known>,
  containers: readonly { readonly id: string; readonly text: string }[],
): readonly string[] {
  const messages: string[] = [];
  const now = new Set<string>();
  for (const { id, text } of containers) {
    now.add(id);
    const container = known.get(id);
    if (!container) {
      messages.push(`${text} never was`);
      continue;
    }
    if (container.gone) messages.push(`${text} was gone already`);
    const at = container.looks.indexOf(text, Math.max(0, container.shown));
    if (at < 0) messages.push(`${text} is of before`);
    else container.shown = at;
  }
  for (const [id, container] of known) {
    if (container.shown >= 0 && !now.has(id)) container.gone = true;
  }
  return messages;
}
