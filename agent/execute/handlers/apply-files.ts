import type { FilesAction, FilesRecord } from '../../../schemas/domain/index.ts';
import { EngineFailure } from '../../core/engine-failure.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';
import { type OwnContainer, presentContainer } from '../ownership.ts';

const SIGNAL = /^SIG(?:HUP|USR1|USR2|WINCH)$/;
/** Of what a failed command said. */
const OUTPUT_LIMIT = 1024;

/**
 * Tells a container of new content of its files. That it was told is on disk before the outcome
 * leaves, whether or not it went well: the same content is never told twice. Only where the agent
 * dies between the two is it told again, since nobody can know.
 */
export const applyFiles: Handler<'apply-files'> = async ({ target, files, action }, context) => {
  const container = await presentContainer(target, context);
  const told = context.journal.files(container.id);
  if (told && isSame(told.record, files)) return 'unchanged';
  const error = await tell(container, action, context);
  await context.journal.tellFiles(container.id, { record: files, error });
  if (error !== '') throw new OperationFailure('ReloadFailed', 'world', error);
  return 'done';
};

function isSame(a: FilesRecord, b: FilesRecord): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** @returns what went wrong for good; empty where nothing did. */
async function tell(
  container: OwnContainer,
  action: FilesAction,
  context: Context,
): Promise<string> {
  // One that does not run reads its files when it is started.
  if (action.kind === 'none' || container.status !== 'running') return '';
  const { engine, signal } = context;
  switch (action.kind) {
    case 'signal':
      if (!SIGNAL.test(action.signal)) {
        throw new OperationFailure('InvalidSpec', 'host', `${action.signal} is not to be sent`);
      }
      await engine.killContainer(container.id, action.signal, signal);
      return '';
    case 'exec':
      return await run(container, action.argv, context);
    case 'restart':
      await engine.stopContainer(container.id, action.timeoutS, signal);
      await engine.startContainer(container.id, signal);
      return '';
  }
}

async function run(
  { id, name }: OwnContainer,
  argv: readonly string[],
  context: Context,
): Promise<string> {
  if (!context.policy.allowExec) {
    const message = 'commands in containers are not allowed (allowExec: false)';
    throw new OperationFailure('HostPolicy', 'host', message);
  }
  const command = argv.join(' ');
  try {
    const { exitCode, output } = await context.engine.exec(id, { argv }, context.signal);
    if (exitCode === 0) return '';
    const said = output.join('\n').trim().slice(-OUTPUT_LIMIT);
    return `${command} in ${name} ended with code ${exitCode}${said && `: ${said}`}`;
  } catch (error) {
    const isAnswer = error instanceof EngineFailure && isFinal(error);
    if (!isAnswer) throw error;
    return `${command} in ${name}: ${error.message}`;
  }
}

/** The command itself was refused, or does not end: again would be the same. */
const isFinal = ({ code, status }: EngineFailure): boolean =>
  code === 'EngineTimeout' || (status !== undefined && status >= 400 && status !== 409);
