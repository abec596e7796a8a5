import { resolve } from 'node:path';
import type { Issue, Plan, PlanDocument, PlannedUnit } from '../../schemas/domain/index.ts';
import { isError } from '../../schemas/domain/index.ts';
import type { Api } from '../api/client.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { paintWith, plain } from '../render/colour.ts';
import { issueLines } from '../render/issues.ts';
import type { Terminal } from '../terminal.ts';
import { readTexts } from '../working-tree.ts';

export const PLAN_FORMATS = ['text', 'json', 'markdown'] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];

export interface PlanOptions {
  readonly rev?: string;
  readonly dir?: string;
  readonly format: PlanFormat;
}

/** What a revision, or the files of a folder, would change. Changes nothing itself. */
export async function plan(terminal: Terminal, api: Api, options: PlanOptions): Promise<ExitCode> {
  if (options.rev !== undefined && options.dir !== undefined) {
    throw new CliError('--rev and --dir exclude each other');
  }
  const document = await ask(api, options, terminal.cwd);
  terminal.out(render(document, options.format, terminal));
  if (document.issues.some(isError)) return EXIT.error;
  return document.units.some(changesAnything) ? EXIT.changes : EXIT.ok;
}

async function ask(api: Api, { dir, rev }: PlanOptions, cwd: string): Promise<PlanDocument> {
  if (dir === undefined) return await api.get<PlanDocument>(`/plan${rev ? `?rev=${rev}` : ''}`);
  const files = Object.fromEntries(await readTexts(resolve(cwd, dir)));
  return await api.post<PlanDocument>('/plan', { files });
}

/** To take over what runs is no change, but it is to be seen. */
const tellsAnything = (unit: PlannedUnit): boolean =>
  changesAnything(unit) || unit.adoptions.length > 0;

const changesAnything = (unit: PlannedUnit): boolean =>
  unit.operations.length > 0 || unit.changes.length > 0 || unit.blockers.length > 0;

function render(document: PlanDocument, format: PlanFormat, terminal: Terminal): string {
  switch (format) {
    case 'json':
      return JSON.stringify(document, null, 2);
    case 'markdown':
      return markdown(document);
    case 'text':
      return text(document, terminal);
  }
}

function text(document: PlanDocument, terminal: Terminal): string {
  const paint = paintWith(terminal.colour);
  const units = document.units.filter(changesAnything);
  return [
    ...document.issues.map((issue) => issueLines(issue, paint)),
    ...document.units.filter(tellsAnything).map((unit) => unit.text.trimEnd()),
    units.length === 0 ? 'no changes' : summary(units),
  ].join('\n');
}

type Action = Plan['changes'][number]['action'];

/** `2 to replace, 1 to create, on 2 apps`. */
function summary(units: readonly PlannedUnit[]): string {
  const counts = new Map<Action, number>();
  for (const { action } of units.flatMap(({ changes }) => changes)) {
    counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  const parts = [...counts].map(([action, number]) => `${number} to ${action}`);
  const blocked = units.filter(({ blockers }) => blockers.length > 0).length;
  if (blocked > 0) parts.push(`${blocked} blocked`);
  const apps = new Set(units.map(({ app }) => app)).size;
  return `${parts.join(', ') || 'housekeeping'}, in ${apps} app${apps === 1 ? '' : 's'}`;
}

/** For a comment on a pull request. */
function markdown(document: PlanDocument): string {
  const units = document.units.filter(changesAnything);
  const lines = ['### Plan', ''];
  if (document.issues.length > 0) lines.push(...document.issues.map(issueItem), '');
  const told = document.units.filter(tellsAnything);
  if (told.length === 0) return [...lines, 'No changes.'].join('\n');
  lines.push(units.length === 0 ? 'No changes.' : summary(units), '');
  if (units.length > 0) {
    lines.push('| app | host | service | action | downtime | why |', '|---|---|---|---|---|---|');
  }
  for (const unit of units) {
    for (const change of unit.changes) {
      const cells = [
        unit.app,
        unit.host,
        change.service,
        change.inPlace ? `${change.action} in place` : change.action,
        change.downtime ?? 'no',
        change.cause,
      ];
      lines.push(`| ${cells.map(cell).join(' | ')} |`);
    }
    for (const { service, reason, message } of unit.blockers) {
      lines.push(
        `| ${[unit.app, unit.host, service ?? '', 'blocked', '', `${reason}: ${message}`].map(cell).join(' | ')} |`,
      );
    }
  }
  for (const unit of told) {
    const fence = fenceFor(unit.text);
    lines.push(
      '',
      `<details><summary>${cell(unit.unit)}</summary>`,
      '',
      fence,
      unit.text.trimEnd(),
      fence,
      '</details>',
    );
  }
  return lines.join('\n');
}

const issueItem = (issue: Issue): string =>
  `- \`${issue.file}:${issue.line}:${issue.column}\` **${issue.code}** ${cell(issue.message)}`;

/** Text that must stay within its cell, and mean nothing to Markdown or HTML. */
const cell = (value: string): string =>
  plain(value)
    .replaceAll('\n', ' ')
    .replaceAll(/[\\`*_[\]|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');

/** Longer than any run of backticks inside. */
function fenceFor(body: string): string {
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  return '`'.repeat(longest + 1);
}
