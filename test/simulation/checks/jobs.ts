import type { Declared } from '../world/git.ts';
import type { Entry, Subject, Violation } from '../world/history.ts';
import { isJob, specOf } from '../world/scenery.ts';

/**
 * A one-shot is started once for each spec of it that comes in force: not again by any crash, lost
 * store or repeated operation. What somebody harmed may have to run again.
 */
export function checkJobs(
  entries: readonly Entry[],
  commits: readonly Declared[],
): readonly Violation[] {
  const started = new Map<string, Subject & { readonly host: string }>();
  return entries.flatMap((entry): readonly Violation[] => {
    if (entry.type === 'in-force') forgetOthers(started, commits[entry.commit]);
    if (entry.type === 'restored') started.clear();
    if (entry.type === 'harm') started.delete(placeOf(entry.host, entry.subject));
    if (entry.type !== 'call' || entry.call !== 'startContainer' || !entry.before) return [];
    const { host, before, atMs } = entry;
    if (before.service !== 'once') return [];
    const place = placeOf(host, before);
    const again = started.has(place);
    started.set(place, { ...before, host });
    return again ? [{ id: 'once', atMs, message: `${host}: ${before.name} runs again` }] : [];
  });
}

/** What a commit does not ask for may run anew when it is asked for again. */
function forgetOthers(
  started: Map<string, Subject & { readonly host: string }>,
  commit: Declared | undefined,
): void {
  for (const [place, { host, app, service, spec, number }] of started) {
    const declared = commit?.effective.get(app);
    const asked = declared?.services[service];
    const isAsked = asked && isJob(asked) && specOf(asked) === spec && number <= asked.replicas;
    if (!isAsked || !declared.hosts.includes(host)) started.delete(place);
  }
}

const placeOf = (host: string, { app, service, number, spec }: Subject): string =>
  [host, app, service, number, spec].join(' ');
