import type { RevisionStatus } from '../../schemas/domain/index.ts';
import { type Paint, paintWord, plain } from './colour.ts';
import { issueLines } from './issues.ts';

type Entry = RevisionStatus['apps'][number];

export const shortSha = (sha: string | null): string => sha?.slice(0, 12) ?? '-';

/** The lines that are new since the last look at a revision. */
export class ProgressLines {
  readonly #paint: Paint;
  readonly #told = new Map<string, string>();

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  next(status: RevisionStatus): readonly string[] {
    const lines: string[] = [];
    const add = (key: string, line: string) => {
      if (this.#told.get(key) === line) return;
      this.#told.set(key, line);
      lines.push(line);
    };
    const name = shortSha(status.sha);
    if (!this.#told.has(status.sha)) add(status.sha, `${name} ${plain(status.subject)}`);
    for (const entry of status.apps) {
      if (entry.state === 'pending' || entry.state === 'superseded') continue;
      add(`${entry.app}@${entry.host}`, this.#entryLine(entry));
    }
    if (status.state === 'superseded' && status.supersededBy !== null) {
      add(`${status.sha} superseded`, `${name} is superseded by ${shortSha(status.supersededBy)}`);
    }
    return lines;
  }

  #entryLine(entry: Entry): string {
    return `  ${entry.app}@${entry.host}: ${paintWord(this.#paint, entry.state)}${because(entry)}`;
  }
}

function because({ reason, message }: Entry): string {
  const text = [reason, plain(message)].filter((part) => part !== null && part !== '').join(': ');
  return text === '' ? '' : ` (${text})`;
}

/** How a revision ended: its issues, what failed, and the last word. */
export function revisionReport(status: RevisionStatus, paint: Paint): string {
  const lines = status.issues.map((issue) => issueLines(issue, paint));
  for (const entry of status.apps) {
    if (entry.state === 'failed') {
      lines.push(
        `${entry.app}@${entry.host} failed${because(entry)}; see \`skep why ${entry.app}\``,
      );
    }
  }
  lines.push(`${shortSha(status.sha)} ${paintWord(paint, status.state)}${tookText(status)}`);
  return lines.join('\n');
}

function tookText({ phases, state }: RevisionStatus): string {
  if (state !== 'applied' || phases.appliedAt === null) return '';
  const ms = Date.parse(phases.appliedAt) - Date.parse(phases.seenAt);
  return ` in ${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
}
