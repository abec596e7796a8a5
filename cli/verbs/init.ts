import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

const PROJECT = `# What this repository's apps may do, and where apps are found without a manifest of their own.
apiVersion: skep/v1
kind: Project
metadata:
  name: default
spec:
  discover:
    # apps/NAME/compose.yaml is the app NAME on the only declared host.
    - path: apps/*
    # hosts/HOST/NAME/compose.yaml is the app NAME on HOST.
    - path: hosts/{host}/{app}
`;

const COMPOSE = `services:
  web:
    image: \${IMAGE}
    environment:
      GREETING: \${GREETING}
    ports:
      - 127.0.0.1:8081:80
    restart: unless-stopped
`;

const ENV = `IMAGE=nginx:1.29
GREETING=hello
`;

const IGNORE = `# Files that declare nothing, in the syntax of .gitignore.
README.md
`;

const README = `# Desired state

What this repository declares is what runs. To change what runs, change it here and push.

    skep validate        # before the commit
    skep plan --dir .    # what would change
    git push && skep wait
    skep status
`;

const FILES: Readonly<Record<string, string>> = {
  'project.yaml': PROJECT,
  'apps/hello/compose.yaml': COMPOSE,
  'apps/hello/.env': ENV,
  '.skepignore': IGNORE,
  'README.md': README,
};

/** A starter repository in an empty or new folder. Files that are there are never touched. */
export function init(terminal: Terminal, dir: string): ExitCode {
  const root = resolve(terminal.cwd, dir);
  const present = existsSync(root) ? readdirSync(root).filter((name) => name !== '.git') : [];
  if (present.length > 0) {
    throw new CliError(`${root} is not empty`, 'name a new folder: `skep init deploy`');
  }
  for (const [name, text] of Object.entries(FILES)) {
    const file = join(root, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
    terminal.out(`wrote ${relative(terminal.cwd, file)}`);
  }
  terminal.out('next: `skep validate`, then commit and push; `skep up --repo PATH` runs it');
  return EXIT.ok;
}
