import { resolve } from 'node:path';
import { refusalIssue } from '../../controller/core/load/compose/refusal-issue.ts';
import { activeServices } from '../../engine/active-services.ts';
import { containerRequests } from '../../engine/requests.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { type ComposeOptions, loadFiles, printIssues, readAnyFile } from './compose-files.ts';

export interface RequestsOptions extends ComposeOptions {
  readonly profile?: readonly string[];
  readonly apiVersion: string;
}

const API_VERSION = /^\d{1,3}\.\d{1,3}$/;

/** Prints the create requests for an engine that has nothing yet, one a line. */
export function composeRequests(terminal: Terminal, options: RequestsOptions): ExitCode {
  const { apiVersion, profile = [] } = options;
  if (!API_VERSION.test(apiVersion)) {
    throw new CliError(`not an Engine API version: ${apiVersion}`, 'as in 1.50');
  }
  const { model, tree, issues, projectDirectory } = loadFiles(terminal, options);
  if (!model || !tree) {
    printIssues(terminal, issues);
    return EXIT.error;
  }
  const active = activeServices(model, profile);
  const { requests, refusals } = containerRequests({
    model: active.model,
    apiVersion,
    readProfile: (path) => readText(resolve(projectDirectory, path)),
  });
  const refused = [...active.refusals, ...refusals].map((refusal) =>
    refusalIssue(tree, refusal, 'E_TARGET'),
  );
  printIssues(terminal, [...issues, ...refused]);
  if (refused.length > 0) return EXIT.error;
  for (const request of requests) terminal.out(JSON.stringify(request));
  return EXIT.ok;
}

function readText(path: string): string | undefined {
  const read = readAnyFile(path);
  return read.kind === 'file' ? Buffer.from(read.bytes).toString('utf8') : undefined;
}
