import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { engineRequest } from '../test/support/images.ts';
import { until } from '../test/support/until.ts';

const CLI = resolve(import.meta.dirname, '../cli/main.ts');
const START_MS = 60_000;
const STOP_MS = 15_000;

/** `skep controller` as a process of its own, spoken to as its operator does. */
export class Controller implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #socket: string;

  private constructor(child: ChildProcess, socket: string) {
    if (child.pid === undefined) throw new Error('the controller did not start');
    this.pid = child.pid;
    this.#child = child;
    this.#socket = socket;
  }

  static async start(repository: string, dataDir: string): Promise<Controller> {
    const anyPort = '127.0.0.1:0';
    const child = spawn(process.execPath, [CLI, 'controller'], {
      env: {
        ...process.env,
        SKEP_REPO: repository,
        SKEP_DATA_DIR: dataDir,
        SKEP_API_LISTEN: anyPort,
        SKEP_AGENT_LISTEN: anyPort,
        SKEP_ENROLL_LISTEN: anyPort,
        SKEP_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const controller = new Controller(child, join(dataDir, 'admin.sock'));
    await until(() => existsSync(controller.#socket) || child.exitCode !== null, {
      what: 'the controller starts',
      deadlineMs: START_MS,
    });
    return controller;
  }

  async joinToken(host: string): Promise<string> {
    const answer = await this.#ask<{ token: string }>('POST', '/admin/v1/join-tokens', { host });
    return answer.token;
  }

  /** Apps that are Healthy and Synced, and hosts that are connected. */
  async status(): Promise<{ readonly healthy: number; readonly online: number }> {
    const { apps, hosts } = await this.#ask<{
      readonly apps: { readonly health: Readonly<Record<string, number>> };
      readonly hosts: { readonly online: number };
    }>('GET', '/api/v1/status');
    return { healthy: apps.health['Healthy'] ?? 0, online: hosts.online };
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    const { status, body: text } = await engineRequest(
      `unix://${this.#socket}`,
      method,
      path,
      body,
    );
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await exit;
    clearTimeout(timer);
  }
}
