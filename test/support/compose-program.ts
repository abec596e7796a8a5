import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testEngine } from './images.ts';
import { type CommandResult, run } from './run.ts';

export interface ComposeProgram {
  readonly name: string;
  readonly path: string;
}

/** Debian's Docker Compose 1.29, and the one that SKEP_BENCH_COMPOSE names. */
export const COMPOSE_PROGRAMS: readonly ComposeProgram[] = [
  { name: 'Compose 1.29', path: 'docker-compose' },
  ...(process.env['SKEP_BENCH_COMPOSE']
    ? [{ name: 'the other Compose', path: process.env['SKEP_BENCH_COMPOSE'] }]
    : []),
];

/** A Compose project as somebody runs it by hand, past skep. */
export class ComposeProject {
  readonly folder: string;
  readonly #program: ComposeProgram;
  readonly #name: string;

  private constructor(program: ComposeProgram, name: string, folder: string) {
    this.#program = program;
    this.#name = name;
    this.folder = folder;
  }

  /** Starts it. @param files path in its folder -> text; `compose.yaml` is the Compose file. */
  static async up(
    program: ComposeProgram,
    name: string,
    files: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): Promise<ComposeProject> {
    const folder = await mkdtemp(join(tmpdir(), 'skep-compose-'));
    const project = new ComposeProject(program, name, folder);
    await using undo = new AsyncDisposableStack();
    undo.defer(() => project.remove());
    for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
    // What it has made of a project before it failed.
    const down = undo.adopt(project, () => project.run('down', '-v', '-t', '0').then(() => {}));
    const { code, stderr } = await down.run('up', '-d', ...args);
    if (code !== 0) throw new Error(`${program.name} up: ${stderr}`);
    undo.move();
    return project;
  }

  run(...args: readonly string[]): Promise<CommandResult> {
    const file = join(this.folder, 'compose.yaml');
    const env = { ...process.env, DOCKER_HOST: testEngine(), COMPOSE_IGNORE_ORPHANS: '1' };
    return run(this.#program.path, ['-p', this.#name, '-f', file, ...args], env, this.folder);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
