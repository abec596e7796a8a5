import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { systemClock } from '../../kit/clock.ts';
import { openStore } from './open-store.ts';

/** Writes audit entries and events for ever, and says which are done. */
const WRITER = `
  import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'open-store.ts'))};
  import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../kit/clock.ts'))};
  const store = await openStore({ dataDir: process.argv[1], clock: systemClock });
  const at = new Date().toISOString();
  for (let n = 0; ; n += 1) {
    const entry = { at, actor: 'a', action: String(n), subject: 's', detail: {} };
    const [audit, event] = await Promise.all([
      store.addAudit(entry),
      store.addEvent({ at, type: 'unit', message: String(n) }),
    ]);
    process.stdout.write(audit.id + ' ' + event.id + '\\n');
  }
`;

test('what was acknowledged survives kill -9, and the chain holds', {
  timeout: 60_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'skep-crash-'));
  try {
    let lastEvent = 0;
    for (const acknowledged of [1, 40, 200]) {
      const [auditId, eventId] = await writeUntilKilled(dataDir, acknowledged);
      const store = await openStore({ dataDir, clock: systemClock });
      expect(store.loss).toBeNull();
      const verdict = await store.verifyAudit();
      expect(verdict.firstBad).toBeNull();
      expect(verdict.entries).toBeGreaterThanOrEqual(auditId);
      expect((await store.eventBounds()).newest).toBeGreaterThanOrEqual(eventId);
      expect(eventId).toBeGreaterThan(lastEvent);
      lastEvent = (await store.eventBounds()).newest;
      await store.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

/** @returns the last acknowledged numbers before the kill. */
async function writeUntilKilled(dataDir: string, lines: number): Promise<[number, number]> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last: [number, number] = [0, 0];
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [audit = 0, event = 0] = line.split(' ').map(Number);
    last = [audit, event];
    count += 1;
    if (count === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return last;
}
