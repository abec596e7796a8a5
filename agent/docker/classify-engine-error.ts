import type { OperationErrorCode } from '../../schemas/domain/index.ts';
import { EngineFailure, type Fault } from '../core/engine-failure.ts';

/** What was asked of the engine, as far as it changes what an answer means. */
export type EngineCall =
  | 'read'
  | 'create-container'
  | 'start-container'
  | 'pull-image'
  | 'swarm'
  | 'change';

/** What came back: a status with the engine's words, or no whole answer. */
export interface EngineAnswer {
  readonly status: number | undefined;
  readonly message: string;
  readonly cause?: unknown;
}

interface Rule {
  readonly calls?: readonly EngineCall[];
  readonly status?: number;
  readonly text?: RegExp;
  readonly code: OperationErrorCode;
  readonly fault: Fault;
}

/**
 * First match wins. Texts are those of engines 20.10 to 28.5 and of registries; this is the only
 * place that reads them (decision 17). What a host or a registry lacks is the world's fault: it
 * may come. What the same request would meet again is the specification's.
 */
const RULES: readonly Rule[] = [
  ...pullRules(),
  ...swarmRules(),
  { calls: ['create-container'], text: /no such image/i, code: 'ImageNotFound', fault: 'world' },
  {
    text: /port is already allocated|address already in use/i,
    code: 'PortConflict',
    fault: 'world',
  },
  {
    text: /is already in use by container|network with name .* already exists/i,
    code: 'NameTaken',
    fault: 'world',
  },
  {
    text: /network .*not found|could not find a network|no such network/i,
    code: 'NetworkNotFound',
    fault: 'world',
  },
  { text: /\bis in use by\b/i, code: 'InUse', fault: 'world' },
  { text: /no such volume|volume .*not found/i, code: 'VolumeNotFound', fault: 'world' },
  {
    text: /bind source path does not exist|error while creating mount source path|error mounting|failed to mount|not a directory: unknown/i,
    code: 'MountFailed',
    fault: 'world',
  },
  {
    calls: ['start-container'],
    text: /OCI runtime|failed to create (shim )?task|exec format error|executable file not found/i,
    code: 'StartFailed',
    fault: 'spec',
  },
  { calls: ['create-container', 'change'], status: 400, code: 'InvalidSpec', fault: 'spec' },
  { calls: ['start-container'], status: 400, code: 'StartFailed', fault: 'spec' },
];

/** A manager refuses in the words of gRPC, with whatever status came to hand. */
function swarmRules(): readonly Rule[] {
  const swarm = (text: RegExp, code: OperationErrorCode, fault: Fault = 'world'): Rule => ({
    calls: ['swarm'],
    text,
    code,
    fault,
  });
  return [
    swarm(/update out of sequence/i, 'Overtaken'),
    swarm(
      /not a swarm manager|does not have a leader|lost leadership|not part of a swarm/i,
      'NotManager',
    ),
    swarm(/already exists|name conflicts/i, 'NameTaken'),
    swarm(/is in use by/i, 'InUse'),
    swarm(/config .*not found/i, 'ConfigNotFound'),
    swarm(/secret .*not found/i, 'SecretNotFound'),
    swarm(/port '?\d+'? is already in use/i, 'PortConflict'),
    { calls: ['swarm'], status: 400, code: 'InvalidSpec', fault: 'spec' },
  ];
}

function pullRules(): readonly Rule[] {
  const pull = (text: RegExp, code: OperationErrorCode): Rule => ({
    calls: ['pull-image'],
    text,
    code,
    fault: 'world',
  });
  return [
    pull(/no matching manifest|does not match the specified platform/i, 'PlatformMismatch'),
    pull(/manifest unknown|manifest for .* not found|name unknown/i, 'ImageNotFound'),
    pull(
      /denied|unauthorized|authentication required|no basic auth credentials|forbidden/i,
      'PullDenied',
    ),
    // A registry whose name does not resolve is a misspelt or a merely local image far more often
    // than an outage of name service; both heal by themselves.
    pull(/no such host/i, 'ImageNotFound'),
    { calls: ['pull-image'], status: 400, code: 'InvalidSpec', fault: 'spec' },
    { calls: ['pull-image'], status: 404, code: 'ImageNotFound', fault: 'world' },
    pull(/^/, 'PullFailed'),
  ];
}

/** The engine's answer as a failure with a code, and whose fault it is. */
export function classifyEngineError(call: EngineCall, answer: EngineAnswer): EngineFailure {
  const { status, cause } = answer;
  const message = answer.message.trim() || `the engine answered ${status ?? 'nothing'}`;
  if (status === undefined) return unanswered(message, cause);
  const rule = RULES.find((candidate) => matches(candidate, call, status, message));
  const { code, fault } = rule ?? { code: 'EngineError', fault: 'world' };
  return new EngineFailure(code, fault, message, { status, cause });
}

function matches(rule: Rule, call: EngineCall, status: number, message: string): boolean {
  if (rule.calls && !rule.calls.includes(call)) return false;
  if (rule.status !== undefined && rule.status !== status) return false;
  return rule.text === undefined || rule.text.test(message);
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'ENOTFOUND', 'EHOSTUNREACH']);

/** No connection, or one that broke before the whole answer was there. */
function unanswered(message: string, cause: unknown): EngineFailure {
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === 'string' && UNREACHABLE.has(code)) {
    return new EngineFailure(
      'EngineUnreachable',
      'world',
      `the engine cannot be reached: ${message}`,
      { cause },
    );
  }
  return new EngineFailure('EngineError', 'world', `the engine broke off its answer: ${message}`, {
    cause,
  });
}
