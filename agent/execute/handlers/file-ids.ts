import type { EngineBody } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { SwarmFileKind } from '../../core/swarm-engine.ts';
import type { Context } from '../context.ts';
import { swarmOf } from '../swarm.ts';

/**
 * The body with the ids of the configs and secrets it names: a swarm wants both, and only it
 * knows the ids.
 * @throws OperationFailure ConfigNotFound, SecretNotFound
 */
export async function withFileIds(body: EngineBody, context: Context): Promise<EngineBody> {
  const template = record(body['TaskTemplate']);
  const container = record(template['ContainerSpec']);
  const Configs = await resolved(container['Configs'], 'config', context);
  const Secrets = await resolved(container['Secrets'], 'secret', context);
  const privileges = await withSpecId(record(container['Privileges']), context);
  const ContainerSpec = {
    ...container,
    ...(Configs && { Configs }),
    ...(Secrets && { Secrets }),
    ...(privileges && { Privileges: privileges }),
  };
  return { ...body, TaskTemplate: { ...template, ContainerSpec } };
}

async function resolved(uses: unknown, kind: SwarmFileKind, context: Context) {
  if (!Array.isArray(uses)) return undefined;
  const [name, id] = kind === 'config' ? ['ConfigName', 'ConfigID'] : ['SecretName', 'SecretID'];
  return await Promise.all(
    uses.map(async (use: EngineBody) => ({
      ...use,
      [id]: await idOf(String(use[name]), kind, context),
    })),
  );
}

async function withSpecId(privileges: EngineBody, context: Context) {
  const { CredentialSpec } = privileges;
  const Config = record(CredentialSpec)['Config'];
  if (typeof Config !== 'string') return undefined;
  const id = await idOf(Config, 'config', context);
  return { ...privileges, CredentialSpec: { ...record(CredentialSpec), Config: id } };
}

async function idOf(name: string, kind: SwarmFileKind, context: Context): Promise<string> {
  const found = await swarmOf(context).inspectFile(kind, name, context.signal);
  // The engine also finds those whose id begins so.
  if (found && record(found['Spec'])['Name'] === name) return String(found['ID']);
  const code = kind === 'config' ? 'ConfigNotFound' : 'SecretNotFound';
  throw new OperationFailure(code, 'world', `${kind} ${name} is not in the swarm`);
}

const record = (value: unknown): EngineBody =>
  typeof value === 'object' && value !== null ? { ...value } : {};
