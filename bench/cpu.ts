import { readFileSync } from 'node:fs';

/** CPU milliseconds, user and system, that this process spends while `work` runs. */
export async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Of `/proc/PID/stat`: ticks of this length on every Linux there is. */
const TICK_MS = 10;
const UTIME = 11;

/** CPU milliseconds that another process has spent since it began. */
export function cpuMsOfProcess(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold spaces and parentheses: fields are counted behind its last.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[UTIME + 1])) * TICK_MS;
}
