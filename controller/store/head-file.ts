import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * A few bytes beside the database that tell, after its loss or its roll-back, that there was more:
 * how far the audit went and which event number was used last.
 */
export interface Head {
  readonly auditId: number;
  readonly auditHash: string;
  readonly eventId: number;
}

export function readHead(path: string): Head | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isHead(value) ? value : null;
  } catch {
    // Missing or torn: then nothing is known, as on a first start.
    return null;
  }
}

export function writeHead(path: string, head: Head): void {
  writeFileSync(`${path}.tmp`, JSON.stringify(head), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { auditId, auditHash, eventId } = value as Record<string, unknown>;
  return (
    Number.isSafeInteger(auditId) && typeof auditHash === 'string' && Number.isSafeInteger(eventId)
  );
}
