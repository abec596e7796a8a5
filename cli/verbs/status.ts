import type { AppStatus, RevisionStatus, StatusSummary } from '../../schemas/domain/index.ts';
import { type Api, ApiError } from '../api/client.ts';
import { wakeups } from '../api/wakeups.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { paintWith } from '../render/colour.ts';
import { LiveBlock } from '../render/live.ts';
import { renderApp, renderApps, renderSource } from '../render/status.ts';
import type { Terminal } from '../terminal.ts';

export interface StatusOptions {
  readonly watch: boolean;
  readonly format: 'text' | 'json';
}

interface View {
  readonly summary: StatusSummary;
  readonly apps: readonly AppStatus[];
  readonly revision: RevisionStatus | undefined;
}

/** What is deployed; with an app's name, everything about that one. */
export async function status(
  terminal: Terminal,
  api: Api,
  app: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  if (!options.watch) {
    const view = await look(api, app);
    terminal.out(render(terminal, view, app, options.format));
    return exitOf(view);
  }
  return await watch(terminal, api, app, options.format);
}

/** Redrawn in place on a terminal; in a pipe, printed again whenever it has changed. */
async function watch(
  terminal: Terminal,
  api: Api,
  app: string | undefined,
  format: StatusOptions['format'],
): Promise<ExitCode> {
  const block = new LiveBlock(terminal);
  let exit: ExitCode = EXIT.ok;
  for await (const _wake of wakeups(api, terminal.signal)) {
    try {
      const view = await look(api, app);
      exit = exitOf(view);
      block.show(render(terminal, view, app, format));
    } catch (error) {
      if (terminal.signal.aborted) break;
      if (error instanceof ApiError && error.problem.status < 500) throw error;
      block.show(`${(error as Error).message}; trying again`);
    }
  }
  return exit;
}

async function look(api: Api, app: string | undefined): Promise<View> {
  const summary = await api.get<StatusSummary>('/status');
  const apps =
    app === undefined
      ? await api.list<AppStatus>('/apps')
      : [await api.get<AppStatus>(`/apps/${encodeURIComponent(app)}`)];
  const sha = summary.source?.revision;
  const revision = sha ? await api.find<RevisionStatus>(`/revisions/${sha}`) : undefined;
  return { summary, apps, revision };
}

function render(
  terminal: Terminal,
  view: View,
  app: string | undefined,
  format: StatusOptions['format'],
): string {
  const { source } = view.summary;
  if (format === 'json') {
    return JSON.stringify({ source, revision: view.revision ?? null, apps: view.apps }, null, 2);
  }
  const style = {
    paint: paintWith(terminal.colour),
    columns: terminal.columns(),
    nowMs: terminal.now(),
  };
  const [only] = view.apps;
  if (app !== undefined && only) return renderApp(only, style);
  return [...renderSource(source, view.revision, style), renderApps(view.apps, style)].join('\n');
}

const exitOf = ({ apps }: View): ExitCode =>
  apps.every(({ health }) => health === 'Healthy') ? EXIT.ok : EXIT.unhealthy;
