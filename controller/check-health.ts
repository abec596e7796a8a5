import { request } from 'node:http';
import { join } from 'node:path';

const DEADLINE_MS = 4_000;

/** The health check of the controller's image: 0 while it answers on its operator's socket. */
const socketPath = join(process.env['SKEP_DATA_DIR'] || '/var/lib/skep', 'admin.sock');
const fail = (why: string) => {
  process.stdout.write(`the controller does not answer: ${why}\n`);
  process.exit(1);
};
const sent = request({ socketPath, path: '/healthz', timeout: DEADLINE_MS }, (answer) => {
  if (answer.statusCode === 200) process.exit(0);
  fail(`status ${answer.statusCode}`);
});
sent.on('timeout', () => fail(`nothing within ${DEADLINE_MS} ms`));
sent.on('error', (error) => fail(error.message));
sent.end();
