import type {
  HistoryEntry,
  HostStatus,
  RevisionStatus,
  SkepEvent,
  WhyStep,
} from '../../schemas/domain/index.ts';
import { type Api, ApiError } from '../api/client.ts';
import { pause } from '../api/wakeups.ts';
import { renderAge } from '../duration.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { paintWith, plain } from '../render/colour.ts';
import { shortSha } from '../render/revision.ts';
import { renderTable } from '../render/table.ts';
import type { Terminal } from '../terminal.ts';

export type Format = 'text' | 'json';

const style = (terminal: Terminal) => ({
  paint: paintWith(terminal.colour),
  columns: terminal.columns(),
});
const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** What blocks an app, outermost cause first. */
export async function why(
  terminal: Terminal,
  api: Api,
  app: string,
  options: { readonly format: Format },
): Promise<ExitCode> {
  const answer = await api.get<{ readonly steps: readonly WhyStep[] }>(
    `/apps/${encodeURIComponent(app)}/why`,
  );
  if (options.format === 'json') {
    terminal.out(json(answer));
    return EXIT.ok;
  }
  if (answer.steps.length === 0) terminal.out(`nothing blocks ${app}`);
  for (const [index, step] of answer.steps.entries()) {
    const age = renderAge(step.since, terminal.now());
    terminal.out(`${index + 1}. ${plain(step.subject)}: ${step.reason}, for ${age}`);
    if (step.message !== '') terminal.out(`   ${plain(step.message)}`);
    terminal.out(`   clears when: ${plain(step.clears)}`);
  }
  return EXIT.ok;
}

/** Finished rollouts of an app, or revisions where none is named; newest first. */
export async function history(
  terminal: Terminal,
  api: Api,
  app: string | undefined,
  options: { readonly limit: number; readonly format: Format },
): Promise<ExitCode> {
  return app === undefined
    ? await revisionHistory(terminal, api, options)
    : await appHistory(terminal, api, app, options);
}

async function appHistory(
  terminal: Terminal,
  api: Api,
  app: string,
  { limit, format }: { readonly limit: number; readonly format: Format },
): Promise<ExitCode> {
  const path = `/apps/${encodeURIComponent(app)}/history`;
  const entries = await api.list<HistoryEntry>(path, limit);
  if (format === 'json') terminal.out(json(entries));
  else if (entries.length === 0) terminal.out(`no rollouts of ${app} yet`);
  else {
    const rows = entries.map((entry) => [
      entry.finishedAt,
      entry.host,
      shortSha(entry.revision),
      entry.result,
      String(entry.operations.length),
      [entry.reason, entry.message].filter(Boolean).join(': '),
      causesOf(entry),
    ]);
    const heading = ['FINISHED', 'HOST', 'REVISION', 'RESULT', 'OPERATIONS', 'MESSAGE', 'WHY'];
    terminal.out(renderTable(heading, rows, style(terminal)));
  }
  return EXIT.ok;
}

/** Why something was done, each cause once. */
const causesOf = ({ operations }: HistoryEntry): string =>
  [...new Set(operations.map(({ cause }) => cause))].join('; ');

async function revisionHistory(
  terminal: Terminal,
  api: Api,
  { limit, format }: { readonly limit: number; readonly format: Format },
): Promise<ExitCode> {
  const revisions = await api.list<RevisionStatus>('/revisions', limit);
  if (format === 'json') terminal.out(json(revisions));
  else if (revisions.length === 0) terminal.out('no revisions yet');
  else {
    const rows = revisions.map(({ sha, state, subject, author, phases }) => [
      shortSha(sha),
      phases.seenAt,
      state,
      author,
      subject,
    ]);
    terminal.out(
      renderTable(['REVISION', 'SEEN', 'STATE', 'AUTHOR', 'SUBJECT'], rows, style(terminal)),
    );
  }
  return EXIT.ok;
}

const RECONNECT_MS = 1_000;

/** Events as they come, until Ctrl-C; `since` starts after that number. */
export async function events(
  terminal: Terminal,
  api: Api,
  options: { readonly since?: string; readonly format: Format },
): Promise<ExitCode> {
  const { signal } = terminal;
  const position = { last: options.since ?? null };
  while (!signal.aborted) {
    try {
      await printEvents(terminal, api, position, options.format);
    } catch (error) {
      if (signal.aborted) break;
      if (error instanceof ApiError && error.problem.status < 500) throw error;
      terminal.err(`skep: ${(error as Error).message}; trying again`);
    }
    await pause(RECONNECT_MS, signal);
  }
  return EXIT.ok;
}

/** Until the connection ends; `position` moves along. */
async function printEvents(
  terminal: Terminal,
  api: Api,
  position: { last: string | null },
  format: Format,
): Promise<void> {
  for await (const { id, data } of api.events(position.last, terminal.signal)) {
    position.last = id ?? position.last;
    terminal.out(format === 'json' ? data : eventLine(JSON.parse(data) as SkepEvent));
  }
}

function eventLine(event: SkepEvent): string {
  const subject = [event.app, event.host].filter(Boolean).join('@');
  return [event.at, event.type, subject, plain(event.message)].filter(Boolean).join('  ');
}

/** Every host that is declared or connected. */
export async function hosts(
  terminal: Terminal,
  api: Api,
  options: { readonly format: Format },
): Promise<ExitCode> {
  const list = await api.list<HostStatus>('/hosts');
  if (options.format === 'json') terminal.out(json(list));
  else if (list.length === 0) terminal.out('no hosts');
  else {
    const now = terminal.now();
    const rows = list.map((host) => [
      host.name,
      host.state,
      renderAge(host.since, now),
      host.engine ?? '-',
      host.agentVersion ?? '-',
      String(host.units),
      host.paused ? `paused: ${host.paused.reason}` : host.declared ? '' : 'not declared',
    ]);
    const heading = ['HOST', 'STATE', 'FOR', 'ENGINE', 'AGENT', 'APPS', 'NOTE'];
    terminal.out(renderTable(heading, rows, style(terminal)));
  }
  return EXIT.ok;
}
