import { resolve } from 'node:path';
import { asWritten } from '../../controller/core/load/compose/as-written.ts';
import { refusalIssue } from '../../controller/core/load/compose/refusal-issue.ts';
import type { Refusal } from '../../engine/refusal.ts';
import { containerRequests, type Requests } from '../../engine/requests.ts';
import { ignoredByStackDeploy } from '../../engine/swarm/ignored.ts';
import { type ReadBytes, stackRequests } from '../../engine/swarm/requests.ts';
import type { ComposeModel } from '../../schemas/domain/index.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { type ComposeOptions, loadFiles, printIssues, readAnyFile } from './compose-files.ts';

export const TARGETS = ['container', 'swarm'] as const;
export type Target = (typeof TARGETS)[number];

export interface RequestsOptions extends ComposeOptions {
  readonly target: Target;
  /** Of an engine for containers; the requests for a swarm are equal for all of them. */
  readonly apiVersion: string;
}

const API_VERSION = /^\d{1,3}\.\d{1,3}$/;

/** Prints the create requests for an engine or swarm that has nothing yet, one a line. */
export function composeRequests(terminal: Terminal, options: RequestsOptions): ExitCode {
  const { apiVersion } = options;
  if (!API_VERSION.test(apiVersion)) {
    throw new CliError(`not an Engine API version: ${apiVersion}`, 'as in 1.50');
  }
  const { model, tree, issues, projectDirectory } = loadFiles(terminal, options, options.target);
  if (!model || !tree) {
    printIssues(terminal, issues);
    return EXIT.error;
  }
  const readFile = (path: string) => readBytes(resolve(projectDirectory, path));
  const ready = options.target === 'swarm' ? asWritten(model, tree) : model;
  const { requests, refusals, ignored } = requestsFor(ready, options, readFile);
  const refused = refusals.map((refusal) => refusalIssue(tree, refusal, 'E_TARGET'));
  const warnings = ignored.map((refusal) => refusalIssue(tree, refusal, 'W_TARGET'));
  const told = new Set(issues.map(({ path }) => path));
  const unsaid = warnings.filter(({ path }) => !told.has(path));
  printIssues(terminal, [...issues, ...unsaid, ...refused]);
  if (refused.length > 0) return EXIT.error;
  for (const request of requests) terminal.out(JSON.stringify(request));
  return EXIT.ok;
}

interface TargetRequests extends Requests {
  readonly ignored: readonly Refusal[];
}

function requestsFor(
  model: ComposeModel,
  { target, apiVersion }: RequestsOptions,
  readFile: ReadBytes,
): TargetRequests {
  switch (target) {
    case 'container': {
      const readProfile = (path: string) => textOf(readFile(path));
      return { ...containerRequests({ model, apiVersion, readProfile }), ignored: [] };
    }
    case 'swarm':
      return { ...stackRequests({ model, readFile }), ignored: ignoredByStackDeploy(model) };
  }
}

function readBytes(path: string): Uint8Array | undefined {
  const read = readAnyFile(path);
  return read.kind === 'file' ? read.bytes : undefined;
}

const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes);
