import { readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PauseState } from './ports.ts';

/** Where the host owner's pause is kept: it works with the controller and git gone. */
export const pausePath = (dataDir: string): string => join(dataDir, 'agent', 'pause.json');

const WRITABLE_BY_OTHERS = 0o022;

/**
 * The pause in force at `nowMs`; one that has run out ends by itself. A file that others than
 * root and the agent's own user could have written is nobody's word.
 */
export function readPause(dataDir: string, nowMs: number): PauseState | undefined {
  const path = pausePath(dataDir);
  let text: string;
  try {
    const { uid, mode } = statSync(path);
    if ((uid !== 0 && uid !== process.getuid?.()) || mode & WRITABLE_BY_OTHERS) return undefined;
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const { reason, untilMs } = JSON.parse(text) as Partial<PauseState>;
    if (typeof reason !== 'string' || typeof untilMs !== 'number') return damaged(nowMs);
    return untilMs > nowMs ? { reason, untilMs } : undefined;
  } catch {
    return damaged(nowMs);
  }
}

/** Somebody asked for a pause and the file cannot be read: the careful answer is yes. */
const damaged = (nowMs: number): PauseState => ({
  reason: 'pause.json cannot be read; `skep agent resume` removes it',
  untilMs: nowMs + 60_000,
});

export async function writePause(dataDir: string, pause: PauseState): Promise<void> {
  const path = pausePath(dataDir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(pause));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}

export async function removePause(dataDir: string): Promise<void> {
  await rm(pausePath(dataDir), { force: true });
}
