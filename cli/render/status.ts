import type {
  AppStatus,
  RevisionStatus,
  ServiceStatus,
  SourceStatus,
  UnitStatus,
} from '../../schemas/domain/index.ts';
import { renderAge } from '../duration.ts';
import { type Paint, paintWord, plain } from './colour.ts';
import { countIssues } from './issues.ts';
import { shortSha } from './revision.ts';
import { renderTable } from './table.ts';

export interface Style {
  readonly paint: Paint;
  readonly columns: number;
  readonly nowMs: number;
}

/** The repository and the revision in force, and what is wrong with either. */
export function renderSource(
  source: SourceStatus | null,
  revision: RevisionStatus | undefined,
  { paint, nowMs }: Style,
): readonly string[] {
  if (!source) return ['no repository has been read yet'];
  const lines = [`repository  ${plain(source.repository)} (${plain(source.branch)})`];
  if (source.revision === null) lines.push('revision    none in force yet');
  else {
    const state = revision ? ` ${paintWord(paint, revision.state)}` : '';
    const subject = revision ? ` ${plain(revision.subject)}` : '';
    const age = revision ? `, ${renderAge(revision.phases.seenAt, nowMs)} ago` : '';
    lines.push(`revision    ${shortSha(source.revision)}${state}${age}${subject}`);
  }
  if (revision && revision.issues.length > 0) {
    const hint = `see \`skep validate\` or the revision's issues`;
    lines.push(`issues      ${countIssues(revision.issues)} (${hint})`);
  }
  if (source.error) {
    const { code, message, since } = source.error;
    const age = renderAge(since, nowMs);
    lines.push(`${paint('red', 'source')}      ${code}: ${plain(message)} (for ${age})`);
  }
  return lines;
}

/** One row for each app and host. */
export function renderApps(apps: readonly AppStatus[], style: Style): string {
  if (apps.length === 0) return 'no apps';
  const rows = apps.flatMap((app) => app.units.map((unit) => unitRow(unit, style.nowMs)));
  const heading = ['APP', 'HOST', 'SYNC', 'HEALTH', 'REVISION', 'AGE', 'MESSAGE'];
  return renderTable(heading, rows, style);
}

function unitRow(unit: UnitStatus, nowMs: number): readonly string[] {
  const { appliedRevision, revision, sync, health } = unit;
  const age = renderAge(readyCondition(unit)?.since ?? unit.updatedAt, nowMs);
  const message = health === 'Healthy' && sync === 'Synced' ? '' : explain(unit);
  return [unit.app, unit.host, sync, health, shortSha(appliedRevision ?? revision), age, message];
}

const readyCondition = ({ conditions }: Pick<UnitStatus, 'conditions'>) =>
  conditions.find(({ type }) => type === 'Ready');

function explain(unit: UnitStatus): string {
  const telling =
    unit.conditions.find(({ type, status }) => type === 'Stalled' && status === 'True') ??
    readyCondition(unit);
  return telling ? `${telling.reason}: ${telling.message}` : '';
}

/** Everything about one app: per host its conditions, services, what is open, last log lines. */
export function renderApp(app: AppStatus, style: Style): string {
  const { paint } = style;
  const head = `${app.id}  ${paintWord(paint, app.sync)}  ${paintWord(paint, app.health)}  revision ${shortSha(app.revision)}`;
  return [head, ...app.units.map((unit) => renderUnit(unit, style))].join('\n\n');
}

function renderUnit(unit: UnitStatus, style: Style): string {
  const { paint, nowMs } = style;
  const lines = [
    `on ${unit.host}: ${paintWord(paint, unit.sync)}, ${paintWord(paint, unit.health)}, applied ${shortSha(unit.appliedRevision)}`,
  ];
  for (const { type, status, reason, message, since } of unit.conditions) {
    const text = message === '' ? '' : ` ${plain(message)}`;
    lines.push(`  ${type}=${status} ${reason} (${renderAge(since, nowMs)})${text}`);
  }
  if (unit.services.length > 0) lines.push('', indent(renderServices(unit.services, style)));
  if (unit.pending.length > 0) {
    lines.push('', '  still to do:');
    for (const { service, action, cause, downtime } of unit.pending) {
      lines.push(
        `    ${action} ${service}: ${plain(cause)}${downtime ? ` (downtime: ${downtime})` : ''}`,
      );
    }
  }
  if (unit.logs.length > 0) {
    lines.push('', '  last log lines:', ...unit.logs.map((line) => `    ${plain(line)}`));
  }
  return lines.join('\n');
}

function renderServices(services: readonly ServiceStatus[], style: Style): string {
  const rows = services.map(({ service, health, replicas, image, reason, message }) => [
    service,
    health,
    `${replicas.running}/${replicas.desired}`,
    image,
    message === '' ? reason : `${reason}: ${message}`,
  ]);
  return renderTable(['SERVICE', 'HEALTH', 'RUNNING', 'IMAGE', 'WHY'], rows, style);
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');
