import { collect, type Definitions } from '../command.ts';
import type { ImportOptions } from '../verbs/import.ts';

const HELP = `
Reads the engine of DOCKER_HOST (unix:///var/run/docker.sock), changes nothing on it, and writes
apps/NAME/app.yaml with \`adopt: true\` and a Compose file for each Compose project and for each
container that was run by hand. What runs as the files say is taken over without a restart.
Values that look secret are sealed for --recipient, or for the key of SKEP_AGE_KEY_FILE.
Files that are there are never overwritten.

Examples:
  skep import --project shop --recipient age1…
  skep import --all --dir deploy --host web-01`;

/** The way in for what runs already. */
export function defineImport({ program, terminal, verb }: Definitions): void {
  program
    .command('import')
    .argument('[containers...]', 'names of containers; one of a project brings all of it')
    .description('write manifests for what already runs on this machine')
    .option('--project <name>', 'a Compose project; may be repeated', collect)
    .option('--all', 'everything that is not managed by skep or a swarm')
    .option('--dir <folder>', 'the repository', '.')
    .option('--host <name>', 'the host these apps are on; written as a Host where it is missing')
    .option('--recipient <age1…>', 'public key of the controller; may be repeated', collect)
    .addHelpText('after', HELP)
    .action(
      verb(async (names: string[], options: ImportOptions) => {
        const { importRunning } = await import('../verbs/import.ts');
        return await importRunning(terminal, names, options);
      }),
    );
}
