import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';
import { runCli } from './run-cli.ts';
import { fakeTerminal } from './testing/fake-terminal.ts';

describe('the command line', () => {
  it('shows every verb with one line in its help', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['--help'], terminal)).toBe(0);
    const verbs = [
      ...['up', 'controller', 'agent', 'validate', 'compose', 'plan', 'status', 'wait', 'why'],
      ...['history', 'events', 'host', 'login', 'logout', 'hash-password', 'init'],
    ];
    for (const verb of verbs)
      expect(terminal.printed.out).toMatch(new RegExp(`^  ${verb} .*\\w`, 'm'));
    expect(terminal.printed.out).toContain('Exit codes');
  });

  it.each([
    [['wait', '--help'], 'the time ran out'],
    [['host', 'add', '--help'], 'within 30 minutes'],
    [['agent', 'pause', '--help'], 'The pause ends by itself'],
    [['controller', '--help'], '[SKEP_API_LISTEN]'],
  ])('explains %j', async (argv, text) => {
    using terminal = fakeTerminal();
    expect(await runCli(argv, terminal)).toBe(0);
    expect(terminal.printed.out).toContain(text);
  });

  it('tells more of every verb than its options', () => {
    using terminal = fakeTerminal();
    const leaves = (command: Command): readonly Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
    const verbs = leaves(createProgram(terminal, () => {}));
    for (const verb of verbs) {
      const before = terminal.printed.out.length;
      verb.outputHelp();
      const help = terminal.printed.out.slice(before);
      const [, rest] = help.split(/show help\n|display help for command\n/, 2);
      expect(rest?.trim(), verb.name()).toMatch(/\w/);
    }
    expect(verbs.length).toBeGreaterThan(20);
  });

  it('proposes the verb that was meant', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['stauts'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('Did you mean status?');
  });

  it('refuses a format that there is not', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['validate', '--format', 'xml'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('Allowed choices are text, json, github');
  });

  it('tells its version', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['--version'], terminal)).toBe(0);
    expect(terminal.printed.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('tells what went wrong in one line, with a hint, and no stack', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['status'], terminal)).toBe(1);
    expect(terminal.printed.err).toBe(
      [
        'skep: not logged in to http://127.0.0.1:7420',
        '  hint: run `skep login --server http://127.0.0.1:7420`',
        '',
      ].join('\n'),
    );
  });

  it('is silent about what Ctrl-C cut short', async () => {
    using terminal = fakeTerminal();
    terminal.interrupt();
    expect(await runCli(['status'], terminal)).toBe(1);
    expect(terminal.printed.err).toBe('');
  });

  it.each([
    [['history', '--limit', '0'], 'not a number from 1: 0'],
    [['wait', '--timeout', 'soon'], '--timeout takes a duration'],
    [['compose', 'config', '--set', 'x'], 'not KEY=VALUE: x'],
  ])('names the option that is wrong: %j', async (argv, text) => {
    using terminal = fakeTerminal();
    expect(await runCli(argv, terminal)).toBe(1);
    expect(terminal.printed.err).toContain(text);
  });
});
